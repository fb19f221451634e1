// 0 .. count-1, for timelines.
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
