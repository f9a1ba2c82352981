package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

const maxIncludeDepth = 1000

// functions is sprig's text map without what reads the process or the network, plus Helm's own.
// include and tpl are bound to a template by bindTemplate.
var functions = func() template.FuncMap {
	all := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(all, name)
	}
	all["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	all["fromYaml"] = func(text string) map[string]any {
		object := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &object); err != nil {
			object["Error"] = err.Error()
		}
		return object
	}
	all["fromJson"] = func(text string) map[string]any {
		object := map[string]any{}
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			object["Error"] = err.Error()
		}
		return object
	}
	all["required"] = func(message string, value any) (any, error) {
		if text, isText := value.(string); value == nil || isText && text == "" {
			return value, errors.New(message)
		}
		return value, nil
	}
	return all
}()

// newTemplate is an empty template with all functions. include and tpl work on it.
func newTemplate(name, missingKey string) *template.Template {
	t := template.New(name).Funcs(functions).Option("missingkey=" + missingKey)
	bindTemplate(t, missingKey, map[string]int{})
	return t
}

func bindTemplate(t *template.Template, missingKey string, depth map[string]int) {
	t.Funcs(template.FuncMap{
		"include": func(name string, data any) (string, error) {
			if depth[name] > maxIncludeDepth {
				return "", fmt.Errorf("rendering template has a nested reference name: %s: unable to execute template", name)
			}
			depth[name]++
			defer func() { depth[name]-- }()
			var out strings.Builder
			err := t.ExecuteTemplate(&out, name, data)
			return out.String(), err
		},
		"tpl": func(text string, data any) (string, error) {
			inner, err := t.Clone()
			if err != nil {
				return "", fmt.Errorf("cannot clone template: %w", err)
			}
			inner.Option("missingkey=" + missingKey)
			bindTemplate(inner, missingKey, depth)
			parsed, err := inner.New(t.Name()).Parse(text)
			if err != nil {
				return "", fmt.Errorf("cannot parse template %q: %w", text, err)
			}
			var out strings.Builder
			if err := parsed.Execute(&out, data); err != nil {
				return "", fmt.Errorf("error during tpl function execution for %q: %w", text, err)
			}
			return strings.ReplaceAll(out.String(), "<no value>", ""), nil
		},
	})
}
