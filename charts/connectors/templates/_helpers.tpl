{{/* Everywhere: component is the name of the workload. Call with (dict "root" $ "component" "..."). */}}
{{- define "connectors.labels" -}}
{{ include "connectors.selector" . }}
app.kubernetes.io/part-of: connectors
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- define "connectors.selector" -}}
app.kubernetes.io/name: {{ .component }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
{{- end }}

{{- define "connectors.metadata" -}}
name: {{ .name | default .component }}
{{- with .namespace }}
namespace: {{ quote . }}
{{- end }}
labels:
  {{- include "connectors.labels" . | nindent 2 }}
{{- end }}

{{- define "connectors.image" -}}
{{- with .Values.image }}
{{- if eq .tag "latest" }}
{{- fail "image.tag: \"latest\" names no version, and pods of one release would differ; give the tag that you built" }}
{{- end }}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end }}
{{- end }}
{{- end }}

{{/* Restricted Pod Security. No user is named: the image has one by number, and OpenShift gives one of the namespace's own. */}}
{{- define "connectors.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "connectors.securityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "connectors.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  initialDelaySeconds: 1
  periodSeconds: 1
  timeoutSeconds: 5
  failureThreshold: 60
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 5
  failureThreshold: 6
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 2
  timeoutSeconds: 2
  failureThreshold: 3
{{- end }}

{{/* Where the pods of a component go. Call with the component's values as "values". */}}
{{- define "connectors.placement" -}}
nodeSelector:
  kubernetes.io/os: linux
  {{- with .values.nodeSelector }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .values.priorityClassName }}
priorityClassName: {{ quote . }}
{{- end }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ quote . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* One node or zone that fails takes one replica, where there are several. */}}
{{- define "connectors.spread" -}}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "connectors.selector" . | nindent 14 }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    matchLabelKeys: [pod-template-hash]
    labelSelector:
      matchLabels:
        {{- include "connectors.selector" . | nindent 8 }}
{{- end }}

{{- define "connectors.podMetadata" -}}
{{- range $label, $_ := .values.podLabels }}
{{- if or (hasPrefix "app.kubernetes.io/" $label) (hasPrefix "helm.sh/" $label) }}
{{- fail (printf "podLabels: %q is the chart's own, by which it finds its pods" $label) }}
{{- end }}
{{- end -}}
labels:
  {{- include "connectors.labels" . | nindent 2 }}
  {{- with .values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* "true" or nothing. */}}
{{- define "connectors.autoscales" -}}
{{- $enabled := .Values.proxy.autoscaling.enabled | toString }}
{{- if or (eq $enabled "true") (and (eq $enabled "auto") (.Capabilities.APIVersions.Has "metrics.k8s.io/v1beta1")) -}}
true
{{- end }}
{{- end }}

{{/*
"true" or nothing: whether a Job waits for the driver after an install or upgrade. Only Helm 3 needs that, and only where
it would leave a node out that maxUnavailable does not allow for; where there is no cluster to ask, nobody waits.
*/}}
{{- define "connectors.waitsForRollout" -}}
{{- $mode := .Values.csi.waitForRollout | toString }}
{{- if eq $mode "true" -}}
true
{{- else if and (eq $mode "auto") (semverCompare "<4.0.0-0" .Capabilities.HelmVersion.Version) }}
{{- $nodes := len (dig "items" list (lookup "v1" "Node" "" "")) }}
{{- $max := .Values.csi.maxUnavailable | toString }}
{{- $allowed := ternary (div (mul $nodes (trimSuffix "%" $max | int)) 100) (int $max) (hasSuffix "%" $max) }}
{{- if and (gt $nodes 0) (or (eq (int $allowed) 0) (ge (int $allowed) $nodes)) -}}
true
{{- end }}
{{- end }}
{{- end }}

{{/* The Role, in the release's namespace, by which a component follows the feature flags. */}}
{{- define "connectors.configRule" -}}
- apiGroups: [""]
  resources: [configmaps]
  resourceNames: [connectors-config]
  verbs: [list, watch]
{{- end }}

{{/* Binds the ClusterRole and the Role of the component's name to its ServiceAccount. */}}
{{- define "connectors.bindings" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  {{- include "connectors.metadata" . | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: {{ .component }}
subjects:
  - kind: ServiceAccount
    name: {{ .component }}
    namespace: {{ quote .accountNamespace }}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "connectors.metadata" (merge (dict "namespace" .root.Release.Namespace) .) | nindent 2 }}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  name: {{ .component }}
subjects:
  - kind: ServiceAccount
    name: {{ .component }}
    namespace: {{ quote .accountNamespace }}
{{- end }}

{{/* Metrics for a NetworkPolicy: nobody where nobody is named. kubelet's probes come from the node and need no rule. */}}
{{- define "connectors.metricsIngress" -}}
{{- with .Values.networkPolicies.metricsFrom }}
- from:
    {{- toYaml . | nindent 4 }}
  ports:
    - port: metrics
{{- end }}
{{- end }}

{{/* The Service and the ServiceMonitor of a component's metrics. */}}
{{- define "connectors.monitoring" -}}
{{- if and .root.Values.networkPolicies.enabled (not .root.Values.networkPolicies.metricsFrom) }}
{{- fail "serviceMonitor.enabled: networkPolicies.metricsFrom must name who may read metrics, else Prometheus cannot connect; or set networkPolicies.enabled=false" }}
{{- end }}
{{- $named := merge (dict "name" (printf "%s-metrics" .component)) . }}
apiVersion: v1
kind: Service
metadata:
  {{- include "connectors.metadata" $named | nindent 2 }}
spec:
  clusterIP: None
  selector:
    {{- include "connectors.selector" . | nindent 4 }}
  ports:
    - name: metrics
      port: 9090
      targetPort: metrics
---
apiVersion: monitoring.coreos.com/v1
kind: ServiceMonitor
metadata:
  {{- include "connectors.metadata" . | nindent 2 }}
    {{- with .root.Values.serviceMonitor.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  selector:
    matchLabels:
      {{- include "connectors.selector" . | nindent 6 }}
  endpoints:
    - port: metrics
      interval: {{ .root.Values.serviceMonitor.interval }}
{{- end }}
