package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"syscall"
	"time"
)

// benchRequest either adds a case (Case) or asks to repeat one (Index) for a while.
type benchRequest struct {
	Case         json.RawMessage `json:"case"`
	Index        int             `json:"index"`
	What         string          `json:"what"`
	Milliseconds int             `json:"ms"`
}

type benchAnswer struct {
	Output  string `json:"output"`
	Count   int    `json:"count"`
	CPUTime int64  `json:"cpuNs"`
}

// bench serves measurements on one core, one line each, so that the caller can take turns with its own.
func bench(in io.Reader, out io.Writer) error {
	runtime.GOMAXPROCS(1)
	var prepared []func(what string) error
	var output bytes.Buffer
	lines, answers := bufio.NewReaderSize(in, 1<<16), json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		var request benchRequest
		if err := json.Unmarshal(line, &request); err != nil {
			return err
		}
		if request.Case != nil {
			run, err := prepare(request.Case, &output)
			if err != nil {
				return err
			}
			prepared = append(prepared, run)
			if err := answers.Encode(benchAnswer{Output: output.String(), Count: len(prepared)}); err != nil {
				return err
			}
			continue
		}
		if request.Index < 0 || request.Index >= len(prepared) {
			return fmt.Errorf("no case %d", request.Index)
		}
		count, took, err := repeat(prepared[request.Index], request)
		if err != nil {
			return err
		}
		if err := answers.Encode(benchAnswer{Count: count, CPUTime: took.Nanoseconds()}); err != nil {
			return err
		}
	}
}

func prepare(line json.RawMessage, output *bytes.Buffer) (func(what string) error, error) {
	var c renderCase
	if err := json.Unmarshal(line, &c); err != nil {
		return nil, err
	}
	data, err := c.decode()
	if err != nil {
		return nil, err
	}
	parsed, err := c.parse()
	if err != nil {
		return nil, err
	}
	run := func(what string) error {
		if what == "parse" {
			_, err := c.parse()
			return err
		}
		output.Reset()
		return parsed.Execute(output, data)
	}
	return run, run("render")
}

// repeat gives the CPU time, that of the garbage collector included: other work on the machine does not count.
func repeat(run func(what string) error, request benchRequest) (count int, took time.Duration, err error) {
	const checkEvery = 16
	bound := time.Duration(request.Milliseconds) * time.Millisecond
	before := cpuTime()
	for start := time.Now(); time.Since(start) < bound; {
		for range checkEvery {
			if err := run(request.What); err != nil {
				return count, 0, err
			}
			count++
		}
	}
	return count, cpuTime() - before, nil
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
