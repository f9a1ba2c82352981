// The oracle renders templates with real Go: one JSON case per line in, one JSON result per line out, in order.
//
//	oracle [run]   render each case
//	oracle bench   time cases on one core
package main

import (
	"fmt"
	"os"
	"time"
)

func main() {
	time.Local = time.UTC
	mode := "run"
	if len(os.Args) > 1 {
		mode = os.Args[1]
	}
	var err error
	switch mode {
	case "run":
		err = supervise(os.Stdin, os.Stdout)
	case "worker":
		err = work(os.Stdin, os.Stdout)
	case "bench":
		err = bench(os.Stdin, os.Stdout)
	default:
		err = fmt.Errorf("unknown mode %q: run or bench", mode)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
