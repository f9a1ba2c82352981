package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
	"unicode/utf8"
)

const maxOutputBytes = 4 << 20

type renderCase struct {
	Name     string          `json:"name"`
	Template string          `json:"template"`
	Data     json.RawMessage `json:"data"`
	Options  struct {
		MissingKey string `json:"missingkey"`
		Probe      bool   `json:"probe"`
		Name       string `json:"name"`
	} `json:"options"`
}

// result has one of its fields beside Name. Limit says that Go was stopped before it came to its own verdict, and why.
type result struct {
	Name         string  `json:"name"`
	Output       *string `json:"output,omitempty"`
	Error        *string `json:"error,omitempty"`
	OutputBase64 []byte  `json:"outputBase64,omitempty"`
	ErrorBase64  []byte  `json:"errorBase64,omitempty"`
	Limit        string  `json:"limit,omitempty"`
}

var errOutputLimit = errors.New("oracle: output limit exceeded")

type boundedOutput struct{ bytes.Buffer }

func (b *boundedOutput) Write(text []byte) (int, error) {
	if b.Len()+len(text) > maxOutputBytes {
		return 0, errOutputLimit
	}
	return b.Buffer.Write(text)
}

func (c *renderCase) parse() (*template.Template, error) {
	name, missingKey := c.Options.Name, c.Options.MissingKey
	if name == "" {
		name = "t"
	}
	if missingKey == "" {
		missingKey = "default"
	}
	return newTemplate(name, missingKey).Parse(c.Template)
}

func (c *renderCase) decode() (any, error) {
	if c.Options.Probe {
		return decodeProbe(c.Data)
	}
	return decodeData(c.Data)
}

func answer(line []byte) result {
	var c renderCase
	if err := json.Unmarshal(line, &c); err != nil {
		return result{Limit: "unreadable case: " + err.Error()}
	}
	data, err := c.decode()
	if err != nil {
		return result{Name: c.Name, Limit: "unreadable data: " + err.Error()}
	}
	output, err := render(&c, data)
	out := result{Name: c.Name}
	if errors.Is(err, errOutputLimit) {
		out.Limit = "output limit"
	}
	switch {
	case err != nil && utf8.ValidString(err.Error()):
		text := err.Error()
		out.Error = &text
	case err != nil:
		out.ErrorBase64 = []byte(err.Error())
	case utf8.Valid(output):
		text := string(output)
		out.Output = &text
	default:
		out.OutputBase64 = output
	}
	return out
}

func render(c *renderCase, data any) (output []byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panic: %v", panicked)
		}
	}()
	parsed, err := c.parse()
	if err != nil {
		return nil, err
	}
	var out boundedOutput
	err = parsed.Execute(&out, data)
	return out.Bytes(), err
}
