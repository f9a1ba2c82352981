package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	v1 "gotemplate-oracle/v1"
	"gotemplate-oracle/v1alpha1"
)

// decodeData reads JSON as Kubernetes does: the spelling of a number decides between int64 and float64.
func decodeData(raw json.RawMessage) (any, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	return typeNumbers(value)
}

func typeNumbers(value any) (any, error) {
	switch v := value.(type) {
	case json.Number:
		if !strings.ContainsAny(v.String(), ".eE") {
			if n, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
				return n, nil
			}
		}
		return strconv.ParseFloat(v.String(), 64)
	case []any:
		for i := range v {
			typed, err := typeNumbers(v[i])
			if err != nil {
				return nil, err
			}
			v[i] = typed
		}
	case map[string]any:
		for key := range v {
			typed, err := typeNumbers(v[key])
			if err != nil {
				return nil, err
			}
			v[key] = typed
		}
	}
	return value, nil
}

type probeParam struct {
	Name  string          `json:"name"`
	Value json.RawMessage `json:"value"`
}

type probeData struct {
	Connector struct {
		Metadata struct {
			Name      string `json:"name"`
			Namespace string `json:"namespace"`
		} `json:"metadata"`
		Spec struct {
			ConnectorClassName string `json:"connectorClassName"`
			Address            string `json:"address"`
			AddressExtensions  []struct {
				Name  string `json:"name"`
				Value string `json:"value"`
			} `json:"addressExtensions"`
			Params []probeParam `json:"params"`
			Auth   struct {
				Name      string `json:"name"`
				SecretRef *struct {
					Name      string `json:"name"`
					Namespace string `json:"namespace"`
				} `json:"secretRef"`
				Params []probeParam `json:"params"`
			} `json:"auth"`
		} `json:"spec"`
	} `json:"connector"`
	Secret *struct {
		Type string            `json:"type"`
		Data map[string][]byte `json:"data"`
	} `json:"secret"`
}

func decodeProbe(raw json.RawMessage) (any, error) {
	var in probeData
	if err := json.Unmarshal(raw, &in); err != nil {
		return nil, err
	}
	spec := in.Connector.Spec
	params, err := typeParams(spec.Params)
	if err != nil {
		return nil, err
	}
	authParams, err := typeParams(spec.Auth.Params)
	if err != nil {
		return nil, err
	}
	connector := &v1alpha1.Connector{
		Name:      in.Connector.Metadata.Name,
		Namespace: in.Connector.Metadata.Namespace,
		Spec: v1alpha1.ConnectorSpec{
			ConnectorClassName: spec.ConnectorClassName,
			Address:            spec.Address,
			Params:             params,
			Auth:               v1alpha1.ConnectorAuth{Name: spec.Auth.Name, Params: authParams},
		},
	}
	if spec.AddressExtensions != nil {
		connector.Spec.AddressExtensions = make([]v1alpha1.AddressExtension, 0, len(spec.AddressExtensions))
	}
	for _, extension := range spec.AddressExtensions {
		connector.Spec.AddressExtensions = append(connector.Spec.AddressExtensions, v1alpha1.AddressExtension(extension))
	}
	if ref := spec.Auth.SecretRef; ref != nil {
		connector.Spec.Auth.SecretRef = &v1alpha1.SecretReference{Name: ref.Name, Namespace: ref.Namespace}
	}
	probe := v1alpha1.Probe{Connector: connector}
	if in.Secret != nil {
		probe.Secret = &v1.Secret{
			Type:       v1.SecretType(in.Secret.Type),
			StringData: map[string]string{},
			Data:       in.Secret.Data,
		}
		for key, value := range in.Secret.Data {
			probe.Secret.StringData[key] = string(value)
		}
	}
	return probe, nil
}

func typeParams(in []probeParam) ([]v1.Param, error) {
	if in == nil {
		return nil, nil
	}
	params := make([]v1.Param, 0, len(in))
	for _, param := range in {
		value := v1.ParamValue{}
		var err error
		switch first := bytes.TrimSpace(param.Value); {
		case len(first) == 0:
			err = fmt.Errorf("the parameter %q has no value", param.Name)
		case first[0] == '[':
			value.Type = "array"
			err = json.Unmarshal(param.Value, &value.ArrayVal)
		case first[0] == '{':
			value.Type = "object"
			err = json.Unmarshal(param.Value, &value.ObjectVal)
		default:
			value.Type = "string"
			err = json.Unmarshal(param.Value, &value.StringVal)
		}
		if err != nil {
			return nil, err
		}
		params = append(params, v1.Param{Name: param.Name, Value: value})
	}
	return params, nil
}
