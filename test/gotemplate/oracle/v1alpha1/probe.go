// Package v1alpha1 has the Go shape of what a probe template sees.
// Its name is part of what templates print (%T, error texts).
package v1alpha1

import v1 "gotemplate-oracle/v1"

type Probe struct {
	Connector *Connector
	Secret    *v1.Secret
}

type Connector struct {
	Name, Namespace string
	Spec            ConnectorSpec
}

type ConnectorSpec struct {
	ConnectorClassName, Address string
	AddressExtensions           []AddressExtension
	Params                      []v1.Param
	Auth                        ConnectorAuth
}

type AddressExtension struct {
	Name, Value string
}

type ConnectorAuth struct {
	Name      string
	SecretRef *SecretReference
	Params    []v1.Param
}

type SecretReference struct {
	Name, Namespace string
}
