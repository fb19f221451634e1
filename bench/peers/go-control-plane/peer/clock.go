package main

import (
	"syscall"
	"unsafe"
)

const clockMonotonic = 1

// monotonicNs reads the clock that all processes of a run share, so that their stamps can be subtracted.
func monotonicNs() int64 {
	var now syscall.Timespec
	syscall.Syscall(syscall.SYS_CLOCK_GETTIME, clockMonotonic, uintptr(unsafe.Pointer(&now)), 0)
	return now.Nano()
}
