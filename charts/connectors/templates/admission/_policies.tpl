{{/*
ValidatingAdmissionPolicies, one for each kind of object that the components' accounts may write: RBAC knows no prefixes
of names and no contents, and so gives them more than they need. They hold nobody else. What cannot be evaluated is
refused, and no message repeats what others wrote.
*/}}

{{/* "true" or nothing. Where no cluster is asked (helm template), any that the chart supports serves them. */}}
{{- define "connectors.admissionPolicies" -}}
{{- $enabled := .Values.admissionPolicies.enabled | toString }}
{{- $serves := .Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy" }}
{{- $isAsked := .Capabilities.APIVersions.Has "v1/Pod" }}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") (or $serves (not $isAsked))) -}}
true
{{- end }}
{{- end }}

{{/* An account's user name, as a string of CEL. Call with (dict "root" $ "component" "..."). */}}
{{- define "connectors.userName" -}}
{{- $namespace := ternary .root.Values.csi.namespace .root.Release.Namespace (eq .component "connectors-csi") }}
{{- printf "system:serviceaccount:%s:%s" $namespace .component | toJson }}
{{- end }}

{{- define "connectors.userNames" -}}
{{- $root := .root }}
{{- range $index, $component := .components }}
{{- if $index }}, {{ end }}{{ include "connectors.userName" (dict "root" $root "component" $component) }}
{{- end }}
{{- end }}

{{/*
A policy for some of the accounts, with its binding. Call with
(dict "root" $ "policy" "services" "name" "..." "components" (list ...) "annotations" (dict ...)).
*/}}
{{- define "connectors.policy" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  {{- include "connectors.metadata" (dict "root" .root "component" "connectors-admission" "name" .name) | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  failurePolicy: Fail
  matchConditions:
    - name: is-a-component
      expression: >-
        request.userInfo.username in [{{ include "connectors.userNames" . }}]
  {{- include (printf "connectors.policies.%s" .policy) .root | nindent 2 }}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  {{- include "connectors.metadata" (dict "root" .root "component" "connectors-admission" "name" .name) | nindent 2 }}
  {{- with .annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  policyName: {{ .name }}
  validationActions: [Deny]
{{- end }}

{{/* What a policy is about: every write of these resources. Call with (dict "group" "" "version" "v1" "resources" (list ...)). */}}
{{- define "connectors.writesOf" -}}
matchConstraints:
  resourceRules:
    - apiGroups: [{{ .group | quote }}]
      apiVersions: [{{ .version | quote }}]
      operations: [CREATE, UPDATE, DELETE]
      resources: [{{ join ", " .resources }}]
{{- end }}

{{/* Who asks, as a variable. Call with (dict "root" $ "as" "isController" "component" "..."). */}}
{{- define "connectors.asker" -}}
- name: {{ .as }}
  expression: request.userInfo.username == {{ include "connectors.userName" . }}
{{- end }}

{{- define "connectors.isController" -}}
{{ include "connectors.asker" (dict "root" . "as" "isController" "component" "connectors-controller-manager") }}
{{- end }}

{{- define "connectors.isCleanup" -}}
{{ include "connectors.asker" (dict "root" . "as" "isCleanup" "component" "connectors-cleanup") }}
{{- end }}

{{/* A list of CEL. */}}
{{- define "connectors.celList" -}}
[{{ range $index, $item := . }}{{ if $index }}, {{ end }}{{ toJson $item }}{{ end }}]
{{- end }}
