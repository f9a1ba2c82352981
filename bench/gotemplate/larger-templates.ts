// Eight templates larger than what the built-in classes hold, each heavy in one way.

export interface BenchTemplate {
  readonly name: string
  readonly template: string
  /** JSON text. */
  readonly data: string
}

const services = Array.from({ length: 40 }, (_, i) => ({
  name: `service-${i}`,
  port: 8000 + i,
  replicas: i % 5,
  tls: i % 3 === 0,
  weight: i * 1.25,
  hosts: [`a${i}.example.com`, `b${i}.example.com`],
  env: { LOG_LEVEL: 'info', INDEX: String(i), GREETING: 'Grüße "you"' },
  labels: { team: `team-${i % 4}`, tier: 'backend', 'app.example.com/part-of': 'shop' },
}))

const connectors = Array.from({ length: 12 }, (_, i) => ({
  name: `cluster-${i}`,
  namespace: 'team-a',
  spec: { address: `https://k8s-${i}.example.com/`, params: [{ name: 'namespace', value: `ns-${i}` }] },
  status: { proxyAddress: `http://c-cluster-${i}.team-a.svc.cluster.local` },
}))

const data = JSON.stringify({
  services,
  connectors,
  context: {
    token: `${'eyJhbGciOiJSUzI1NiJ9.'.repeat(8)}c2ln`,
    namespace: 'team-a',
    proxy: {
      caCert: `-----BEGIN CERTIFICATE-----\n${'MIIBszCCAVmgAwIBAgIUX\n'.repeat(12)}-----END CERTIFICATE-----\n`,
    },
  },
  configurations: { mirror: 'central', depth: '3' },
})

const kubeconfig = `apiVersion: v1
kind: Config
current-context: {{ (first .connectors).name }}
clusters:
{{- range .connectors }}
- name: {{ .name | quote }}
  cluster:
    server: {{ printf "%s/%s" (.status.proxyAddress | trimSuffix "/") (.spec.address | trimPrefix "https://") | quote }}
    certificate-authority-data: {{ $.context.proxy.caCert | b64enc }}
{{- end }}
contexts:
{{- range $i, $c := .connectors }}
- name: {{ $c.name | quote }}
  context:
    cluster: {{ $c.name | quote }}
    user: {{ printf "%s-%d" $.context.namespace $i }}
    {{- range $c.spec.params }}{{ if eq .name "namespace" }}
    namespace: {{ .value | default "default" }}
    {{- end }}{{ end }}
{{- end }}
users:
{{- range $i, $c := .connectors }}
- name: {{ printf "%s-%d" $.context.namespace $i }}
  user: { token: {{ $.context.token | quote }} }
{{- end }}
`

const settingsXml = `<?xml version="1.0" encoding="UTF-8"?>
<settings xmlns="http://maven.apache.org/SETTINGS/1.2.0">
  <servers>
  {{- range .services }}
    <server>
      <id>{{ .name | html }}</id>
      <username>{{ $.context.namespace }}/{{ .name }}</username>
      <password>{{ $.context.token | html }}</password>
      <configuration>{{ with .env }}<greeting>{{ .GREETING | html }}</greeting>{{ end }}</configuration>
    </server>
  {{- end }}
  </servers>
  <mirrors>
  {{- range $i, $s := .services }}{{ if $s.tls }}
    <mirror>
      <id>{{ $s.name }}-mirror</id>
      <url>https://{{ index $s.hosts 0 }}/repository/maven-{{ $i }}</url>
      <mirrorOf>{{ if eq $.configurations.mirror "central" }}central{{ else }}*{{ end }}</mirrorOf>
    </mirror>
  {{- end }}{{ end }}
  </mirrors>
</settings>
`

const sprigRange = `{{- range $i, $s := .services }}
{{ add $i 1 }}. {{ $s.name | upper | replace "-" "_" | trunc 12 }} {{ ternary "https" "http" $s.tls }} {{ $s.port | toString | repeat 2 }} {{ max $s.replicas 2 }} {{ $s.hosts | join "," | quote }} {{ $s.env.INDEX | atoi | mul 3 }} {{ $s.name | regexReplaceAll "[0-9]+" "#" }} {{ $s.labels | keys | sortAlpha | first }} {{ default "none" $s.env.MISSING }} {{ hasPrefix "service" $s.name }} {{ $s.name | sha256sum | trunc 8 }}
{{- end }}
`

const yamlHeavy = `{{- range .services }}
---
metadata:
  name: {{ .name }}
  labels: {{- toYaml .labels | nindent 4 }}
spec:
{{ omit . "labels" "name" | toYaml | indent 2 }}
{{- end }}
`

const printfHeavy = `{{- range $i, $s := .services }}
{{ printf "%-12s|%5d|%6.2f|%t|%q|%x|%v|%03d|%+d" $s.name $s.port $s.weight $s.tls $s.env.GREETING $s.port $s.hosts $i $s.replicas }}
{{- end }}
`

const stringPipelines = `{{- range .services }}
{{ .name | trimPrefix "service-" | printf "n%s" | b64enc | b64dec | title | snakecase }} {{ .hosts | join ";" | splitList ";" | last | upper | lower | camelcase }} {{ .env.GREETING | squote | trim | nospace | swapcase | quote }} {{ index .hosts 1 | replace "." "/" | base | abbrev 8 | indent 2 }} {{ .name | substr 0 4 | cat "x" .port | trimAll "x " }}
{{- end }}
`

const nested = `{{- define "label" }}{{ .key }}={{ .value | quote }}{{ end }}
{{- define "labels" }}{{ range $k, $v := . }}{{ include "label" (dict "key" $k "value" $v) }},{{ end }}{{ end }}
{{- define "host" }}<{{ . }}>{{ end }}
{{- define "service" }}
{{ .name }}: {{ include "labels" .labels | trimSuffix "," }} {{ range .hosts }}{{ template "host" . }}{{ end }}
{{- end }}
{{- range .services }}{{ template "service" . }}{{ end }}
`

const mapHeavy = `{{- $all := dict }}
{{- range .services }}
{{- $one := merge (dict "extra" true) .labels (dict "name" .name "env" .env) }}
{{- $_ := set $all .name (pick $one "name" "team" "env" "extra") }}
{{- end }}
{{- range $name, $entry := $all }}
{{ $name }} {{ get $entry "team" }} {{ dig "env" "LOG_LEVEL" "none" $entry }} {{ hasKey $entry "tier" }} {{ len $entry }} {{ range $k, $v := $entry.env }}{{ $k }}:{{ $v }} {{ end }}
{{- end }}
`

export const largerTemplates: readonly BenchTemplate[] = Object.entries({
  'kubeconfig of 12': kubeconfig,
  'settings.xml of 40': settingsXml,
  'range with sprig': sprigRange,
  'YAML-heavy': yamlHeavy,
  'printf-heavy': printfHeavy,
  'string pipelines': stringPipelines,
  'nested templates': nested,
  'map-heavy': mapHeavy,
}).map(([name, template]) => ({ name, template, data }))
