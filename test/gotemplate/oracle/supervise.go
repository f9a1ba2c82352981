package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"syscall"
	"time"
)

const (
	maxCaseTime     = 3 * time.Second
	maxWorkerMemory = 6 << 30 // address space, of which Go reserves much and uses little
	maxWorkerStack  = 256 << 20
)

// A case can loop for ever, exhaust the memory or overflow the stack, none of which Go can stop from inside.
// So a worker process renders, and its supervisor replaces it when it does not answer.
type worker struct {
	command *exec.Cmd
	input   io.WriteCloser
	answers chan []byte
}

func startWorker() (*worker, error) {
	command := exec.Command(os.Args[0], "worker")
	input, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	w := &worker{command, input, make(chan []byte)}
	go func() {
		defer close(w.answers)
		lines := bufio.NewReaderSize(output, 1<<16)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return
			}
			w.answers <- line
		}
	}()
	return w, nil
}

func (w *worker) stop() {
	w.command.Process.Kill()
	for range w.answers {
	}
	w.command.Wait()
}

func (w *worker) ask(line []byte) (answer []byte, limit string) {
	go w.input.Write(line)
	timer := time.NewTimer(maxCaseTime)
	defer timer.Stop()
	select {
	case answer, alive := <-w.answers:
		if !alive {
			return nil, "memory or stack limit"
		}
		return answer, ""
	case <-timer.C:
		return nil, "time limit"
	}
}

func supervise(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<16)
	results := bufio.NewWriterSize(out, 1<<16)
	defer results.Flush()
	current, err := startWorker()
	if err != nil {
		return err
	}
	defer func() { current.stop() }()
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		answer, limit := current.ask(line)
		if limit != "" {
			current.stop()
			if current, err = startWorker(); err != nil {
				return err
			}
			answer = limitAnswer(line, limit)
		}
		if _, err := results.Write(answer); err != nil {
			return err
		}
		if lines.Buffered() == 0 {
			if err := results.Flush(); err != nil {
				return err
			}
		}
	}
}

func limitAnswer(line []byte, limit string) []byte {
	var named struct {
		Name string `json:"name"`
	}
	_ = json.Unmarshal(line, &named)
	text, _ := json.Marshal(result{Name: named.Name, Limit: limit})
	return append(text, '\n')
}

func work(in io.Reader, out io.Writer) error {
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: maxWorkerMemory, Max: maxWorkerMemory}); err != nil {
		return fmt.Errorf("cannot bound the memory: %w", err)
	}
	debug.SetMaxStack(maxWorkerStack)
	lines := bufio.NewReaderSize(in, 1<<16)
	results := json.NewEncoder(out)
	results.SetEscapeHTML(false)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := results.Encode(answer(line)); err != nil {
			return err
		}
	}
}
