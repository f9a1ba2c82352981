// Package v1 has the Go shapes of a Secret and of parameters as probe templates see them.
// Its name is part of what templates print (%T, error texts).
package v1

type Secret struct {
	Type       SecretType
	StringData map[string]string
	Data       map[string][]byte
}

type SecretType string

type Param struct {
	Name  string
	Value ParamValue
}

type ParamValue struct {
	Type      ParamType
	StringVal string
	ArrayVal  []string
	ObjectVal map[string]string
}

type ParamType string
