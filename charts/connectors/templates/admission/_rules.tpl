{{/*
What the policies say. A DELETE has no object, a CREATE no oldObject; a name that is generated is in the object when it
is judged, and what a patch is judged by is its outcome. No policy sees reviews of tokens and permissions: the API server
shows those to none.
*/}}

{{/* Services stand for Connectors, as an alias of a class's proxy. Which Service that is only the class says; where it may be, the values. */}}
{{- define "connectors.policies.services" -}}
{{ include "connectors.writesOf" (dict "group" "" "version" "v1" "resources" (list "services")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  {{- include "connectors.isCleanup" . | nindent 2 }}
  - name: wasOurs
    expression: >-
      oldObject != null && oldObject.metadata.name.startsWith("c-") &&
      has(oldObject.metadata.ownerReferences) && oldObject.metadata.ownerReferences.exists(owner,
        owner.kind == "Connector" && owner.apiVersion.startsWith("connectors.alauda.io/"))
  - name: isOurs
    expression: >-
      object.metadata.name.startsWith("c-") &&
      has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(owner,
        owner.kind == "Connector" && owner.apiVersion.startsWith("connectors.alauda.io/") &&
        has(owner.controller) && owner.controller &&
        (owner.name.contains(".") || owner.name.size() > 61 || object.metadata.name == "c-" + owner.name))
  - name: target
    expression: >-
      has(object.spec.externalName) ? object.spec.externalName.split(".", 3) : []
validations:
  - expression: variables.isController || (variables.isCleanup && request.operation == "DELETE")
    message: "Cannot write Services: this component makes none"
    reason: Forbidden
  # Somebody else may have given it any spec meanwhile: that is what the controller sets back.
  - expression: request.operation == "CREATE" || variables.wasOurs
    message: "Cannot change or delete Service: it stood for no Connector (a name c-..., and an owner that is one)"
    reason: Forbidden
  - expression: request.operation == "DELETE" || variables.isOurs
    message: "Cannot write Service as a Connector's: its name is not that of the Connector that owns it"
    reason: Forbidden
  - expression: >-
      request.operation == "DELETE" || (has(object.spec.type) && object.spec.type == "ExternalName" &&
      !has(object.spec.selector) && !has(object.spec.ports) && !has(object.spec.externalIPs))
    message: "Cannot write Service as a Connector's: it is more than an ExternalName"
    reason: Forbidden
  - expression: >-
      request.operation == "DELETE" || (variables.target.size() == 3 && variables.target[0] != "" &&
      variables.target[1] in {{ include "connectors.celList" (prepend .Values.admissionPolicies.proxyNamespaces .Release.Namespace | uniq) }} &&
      variables.target[2] == {{ printf "svc.%s" .Values.clusterDomain | toJson }})
    message: >-
      Cannot lead a Connector's Service there: the namespace is not among the chart's value
      admissionPolicies.proxyNamespaces
    reason: Forbidden
{{- end }}

{{/* Roles and RoleBindings are the grants of scopes. Later kinds of grants have a name of their own here. */}}
{{- define "connectors.grantNames" -}}
{{ include "connectors.celList" (list "connectors-scope") }}
{{- end }}

{{- define "connectors.wasGrant" -}}
- name: wasOurs
  expression: >-
    oldObject != null && oldObject.metadata.name in {{ include "connectors.grantNames" . }} &&
    has(oldObject.metadata.labels) && "connectors.alauda.io/scope-grants" in oldObject.metadata.labels &&
    oldObject.metadata.labels["connectors.alauda.io/scope-grants"] == "true"
- name: isOurs
  expression: >-
    object.metadata.name in {{ include "connectors.grantNames" . }} &&
    has(object.metadata.labels) && "connectors.alauda.io/scope-grants" in object.metadata.labels &&
    object.metadata.labels["connectors.alauda.io/scope-grants"] == "true"
{{- end }}

{{- define "connectors.grantValidations" -}}
- expression: variables.isController || (variables.isCleanup && request.operation == "DELETE")
  message: "Cannot write grants: this component makes none"
  reason: Forbidden
- expression: request.operation == "CREATE" || variables.wasOurs
  message: "Cannot change or delete grant: it had not the name and the label of one of ours"
  reason: Forbidden
- expression: request.operation == "DELETE" || variables.isOurs
  message: "Cannot write grant: it has not the name and the label of one of ours"
  reason: Forbidden
{{- end }}

{{- define "connectors.policies.roles" -}}
{{ include "connectors.writesOf" (dict "group" "rbac.authorization.k8s.io" "version" "v1" "resources" (list "roles")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  {{- include "connectors.isCleanup" . | nindent 2 }}
  {{- include "connectors.wasGrant" . | nindent 2 }}
validations:
  {{- include "connectors.grantValidations" . | nindent 2 }}
  - expression: >-
      request.operation == "DELETE" || (has(object.rules) && object.rules.all(rule,
        has(rule.apiGroups) && rule.apiGroups.all(group, group == "connectors.alauda.io") &&
        has(rule.resources) && rule.resources.all(resource, resource in ["connectors", "connectors/proxy"]) &&
        rule.verbs.all(verb, verb == "get") && !has(rule.nonResourceURLs)))
    message: "Cannot write grant: it is more than get on connectors and connectors/proxy"
    reason: Forbidden
{{- end }}

{{- define "connectors.policies.rolebindings" -}}
{{ include "connectors.writesOf" (dict "group" "rbac.authorization.k8s.io" "version" "v1" "resources" (list "rolebindings")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  {{- include "connectors.isCleanup" . | nindent 2 }}
  {{- include "connectors.wasGrant" . | nindent 2 }}
validations:
  {{- include "connectors.grantValidations" . | nindent 2 }}
  - expression: >-
      request.operation == "DELETE" || (object.roleRef.apiGroup == "rbac.authorization.k8s.io" &&
      object.roleRef.kind == "Role" && object.roleRef.name in {{ include "connectors.grantNames" . }})
    message: "Cannot write grant: it binds a role that is not ours"
    reason: Forbidden
  - expression: >-
      request.operation == "DELETE" || !has(object.subjects) || object.subjects.all(subject,
        subject.kind == "ServiceAccount" || (subject.kind == "Group" &&
        (subject.name == "system:serviceaccounts" || subject.name.startsWith("system:serviceaccounts:"))))
    message: "Cannot write grant: it is for others than ServiceAccounts"
    reason: Forbidden
{{- end }}

{{/* Classes and interfaces: those that come with the image, while they are ours. Cleaning up takes what nobody else has written to. */}}
{{- define "connectors.policies.builtins" -}}
{{ include "connectors.writesOf" (dict "group" "connectors.alauda.io" "version" "v1alpha1" "resources" (list "connectorclasses" "resourceinterfaces")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  {{- include "connectors.isCleanup" . | nindent 2 }}
  - name: names
    expression: >-
      request.resource.resource == "connectorclasses" ? {{ include "connectors.celList" (list "git" "maven" "oci") }} :
      {{ include "connectors.celList" (list "gitcoderepository" "githubcoderepository" "gitlabcoderepository" "harborociartifact" "kubernetescluster" "maven" "mavenartifact" "npm" "npmpackage" "ociartifact" "pypipackage") }}
  - name: isReplaced
    expression: >-
      oldObject != null && has(oldObject.metadata.annotations) &&
      "connectors.cpaas.io/builtin" in oldObject.metadata.annotations &&
      oldObject.metadata.annotations["connectors.cpaas.io/builtin"] == "replaced"
  - name: writers
    expression: >-
      has(oldObject.metadata.managedFields) ? oldObject.metadata.managedFields.filter(entry,
        !has(entry.subresource) || entry.subresource != "status") : []
validations:
  - expression: >-
      (variables.isController && request.operation != "DELETE") || (variables.isCleanup && request.operation == "DELETE")
    message: "Cannot write classes and interfaces: this component makes none, or deletes none"
    reason: Forbidden
  - expression: "!variables.isReplaced"
    message: "Cannot write a built-in: an administrator has replaced it"
    reason: Forbidden
  - expression: request.operation == "DELETE" || object.metadata.name in variables.names
    message: "Cannot write a class or an interface: it does not come with the image"
    reason: Forbidden
  - expression: >-
      request.operation != "DELETE" || (variables.writers.size() > 0 && variables.writers.all(entry,
        has(entry.manager) && entry.manager == "connectors-controller"))
    message: "Cannot delete a class or an interface: somebody else has written to it"
    reason: Forbidden
{{- end }}

{{/* Of a Connector the controller writes its label, and the status, which is not judged here. */}}
{{- define "connectors.policies.connectors" -}}
{{ include "connectors.writesOf" (dict "group" "connectors.alauda.io" "version" "v1alpha1" "resources" (list "connectors")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  - name: labels
    expression: object.metadata.?labels.orValue({})
  - name: labelsBefore
    expression: oldObject.metadata.?labels.orValue({})
validations:
  - expression: variables.isController && request.operation == "UPDATE"
    message: "Cannot write Connector: components change them as the controller, and neither create nor delete them"
    reason: Forbidden
  - expression: >-
      object.?spec == oldObject.?spec &&
      object.metadata.?annotations == oldObject.metadata.?annotations &&
      object.metadata.?ownerReferences == oldObject.metadata.?ownerReferences &&
      object.metadata.?finalizers == oldObject.metadata.?finalizers
    message: "Cannot change Connector: it is more than a label"
    reason: Forbidden
  - expression: >-
      variables.labels.all(key, key == "connectors.alauda.io/connectorclass" ||
        (key in variables.labelsBefore && variables.labelsBefore[key] == variables.labels[key])) &&
      variables.labelsBefore.all(key, key in variables.labels)
    message: "Cannot change Connector: it is another label than that of its class"
    reason: Forbidden
{{- end }}

{{/* Events: each component about what is its own to tell, and never in another's name. */}}
{{- define "connectors.policies.events" -}}
{{ include "connectors.writesOf" (dict "group" "" "version" "v1" "resources" (list "events")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  {{- include "connectors.asker" (dict "root" . "as" "isDriver" "component" "connectors-csi") | nindent 2 }}
  - name: reporter
    expression: >-
      variables.isController ? "connectors-controller" : (variables.isDriver ? "connectors-csi" : "")
validations:
  - expression: variables.isController || variables.isDriver
    message: "Cannot write events: this component tells of nothing"
    reason: Forbidden
  - expression: >-
      request.operation != "DELETE" && has(object.reportingComponent) &&
      object.reportingComponent == variables.reporter &&
      (request.operation == "CREATE" || (has(oldObject.reportingComponent) &&
      oldObject.reportingComponent == variables.reporter))
    message: "Cannot write event: another component reports it, or it would be deleted"
    reason: Forbidden
  - expression: >-
      has(object.involvedObject.apiVersion) && has(object.involvedObject.kind) &&
      (variables.isDriver ? object.involvedObject.apiVersion == "v1" && object.involvedObject.kind == "Pod" :
      object.involvedObject.apiVersion.startsWith("connectors.alauda.io/"))
    message: "Cannot write event: its object is not this component's to tell of"
    reason: Forbidden
{{- end }}

{{/* The Lease of the controllers. */}}
{{- define "connectors.policies.leases" -}}
{{ include "connectors.writesOf" (dict "group" "coordination.k8s.io" "version" "v1" "resources" (list "leases")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
validations:
  - expression: >-
      variables.isController && request.operation != "DELETE" &&
      request.namespace == {{ toJson .Release.Namespace }} &&
      object.metadata.name == "connectors-controller-manager"
    message: "Cannot write Lease: it is not that of the controllers"
    reason: Forbidden
{{- end }}

{{/* What the controller keeps for the other components, by name, in the release's namespace. */}}
{{- define "connectors.policies.kept" -}}
{{ include "connectors.writesOf" (dict "group" "" "version" "v1" "resources" (list "secrets" "configmaps")) }}
variables:
  {{- include "connectors.isController" . | nindent 2 }}
  - name: names
    expression: >-
      request.resource.resource == "secrets" ? {{ include "connectors.celList" (list "connectors-sealing-keys") }} :
      {{ include "connectors.celList" (list "connectors-trust") }}
validations:
  - expression: >-
      variables.isController && request.operation != "DELETE" &&
      request.namespace == {{ toJson .Release.Namespace }} && object.metadata.name in variables.names
    message: "Cannot write Secret or ConfigMap: it is not one that the controller keeps"
    reason: Forbidden
{{- end }}
