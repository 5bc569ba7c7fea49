{{- define "gauntlet.name" -}}
{{- printf "%s" .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "gauntlet.selector" -}}
app.kubernetes.io/name: gauntlet
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "gauntlet.labels" -}}
{{ include "gauntlet.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "gauntlet.image" -}}
{{ .root.Values.image.repository }}:{{ default .root.Chart.AppVersion .root.Values.image.tag }}{{ .suffix }}
{{- end -}}

{{/* What servers and workers need of the environment. */}}
{{- define "gauntlet.env" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.database.existingSecret }}, key: {{ .root.Values.database.key }} }
- { name: GAUNTLET_DATABASE_POOL, value: {{ .root.Values.database.pool | quote }} }
- { name: GAUNTLET_DATA_DIR, value: /data }
- { name: GAUNTLET_CACHE_DIR, value: /data/cache }
- { name: GAUNTLET_LOG_PRETTY, value: 'false' }
- { name: HOME, value: /tmp }
{{- with .root.Values.store }}
{{- if .location }}
- { name: GAUNTLET_ARTIFACTS, value: {{ .location | quote }} }
{{- if .endpoint }}
- { name: AWS_ENDPOINT_URL_S3, value: {{ .endpoint | quote }} }
{{- end }}
{{- if .region }}
- { name: AWS_REGION, value: {{ .region | quote }} }
{{- end }}
{{- else }}
- { name: GAUNTLET_ARTIFACTS, value: /artifacts }
{{- end }}
{{- end }}
{{- if .root.Values.secretKey.existingSecret }}
- name: GAUNTLET_SECRET_KEY
  valueFrom:
    secretKeyRef: { name: {{ .root.Values.secretKey.existingSecret }}, key: {{ .root.Values.secretKey.key }} }
{{- end }}
{{- range .root.Values.datasets }}
- { name: {{ .variable }}, value: {{ .path | quote }} }
{{- end }}
{{- range $name, $value := merge (dict) (.own | default dict) .root.Values.env }}
- { name: {{ $name }}, value: {{ $value | toString | quote }} }
{{- end }}
{{- end -}}

{{- define "gauntlet.envFrom" -}}
{{- if and .Values.store.location .Values.store.existingSecret }}
envFrom:
  - secretRef: { name: {{ .Values.store.existingSecret }} }
{{- end }}
{{- end -}}

{{- define "gauntlet.mounts" -}}
- { name: data, mountPath: /data }
- { name: tmp, mountPath: /tmp }
{{- if not .Values.store.location }}
- { name: artifacts, mountPath: /artifacts }
{{- end }}
{{- range $i, $dataset := .Values.datasets }}
- { name: dataset-{{ $i }}, mountPath: {{ $dataset.path | quote }}, readOnly: true }
{{- end }}
{{- end -}}

{{- define "gauntlet.volumes" -}}
- name: data
  emptyDir: { sizeLimit: {{ .dataSize }} }
- name: tmp
  emptyDir: {}
{{- if not .root.Values.store.location }}
- name: artifacts
  persistentVolumeClaim: { claimName: {{ required "Set store.location to s3://bucket/prefix, or store.existingClaim to a claim that servers and workers share." .root.Values.store.existingClaim }} }
{{- end }}
{{- range $i, $dataset := .root.Values.datasets }}
- name: dataset-{{ $i }}
  persistentVolumeClaim: { claimName: {{ $dataset.existingClaim }}, readOnly: true }
{{- end }}
{{- end -}}

{{- define "gauntlet.podSecurity" -}}
runAsNonRoot: true
runAsUser: 1000
runAsGroup: 1000
fsGroup: 1000
seccompProfile: { type: RuntimeDefault }
{{- end -}}

{{- define "gauntlet.containerSecurity" -}}
readOnlyRootFilesystem: true
allowPrivilegeEscalation: false
capabilities: { drop: [ALL] }
{{- end -}}

{{- define "gauntlet.scheduling" -}}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
