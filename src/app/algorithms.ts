// The complete example, for the CLI: it must not know balancers.
import { EXAMPLE_ALGORITHMS } from "../balancers/example/algorithms.js";
import {
  type ExampleResult,
  type ExampleSettings,
  exampleBackends,
  runExample,
} from "../balancers/example/run-example.js";

/** Every algorithm on the same stream of requests; `backends` counts those with weights 10, 20, 30, ... */
export function runAllAlgorithms({
  backends,
  ...settings
}: ExampleSettings & { readonly backends: number }): readonly ExampleResult[] {
  return EXAMPLE_ALGORITHMS.map((algorithm) => runExample(algorithm, exampleBackends(backends), settings));
}
