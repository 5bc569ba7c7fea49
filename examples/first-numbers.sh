#!/usr/bin/env bash
# First numbers with curl and jq alone: GAUNTLET_URL=http://localhost:4000 GAUNTLET_TOKEN=… bash examples/first-numbers.sh [MODEL] [DATA_SET]
set -euo pipefail
url=${GAUNTLET_URL:-http://localhost:4000}
model=${1:-mnist-baseline}
dataset=${2:-mnist-test}

# ask QUERY VARIABLES: prints `data`, or the errors, and fails.
ask() {
  jq --null-input --arg query "$1" --argjson variables "$2" '{$query, $variables}' |
    curl --silent --show-error --fail-with-body "$url/graphql" \
      --header 'content-type: application/json' --header "authorization: Bearer ${GAUNTLET_TOKEN:-}" --data @- |
    jq --exit-status 'if .errors then (.errors | tostring | halt_error(1)) else .data end'
}

found=$(ask 'query ($model: String!, $dataset: String!) { model(name: $model) { id } dataset(name: $dataset) { id } }' \
  "$(jq --null-input --arg model "$model" --arg dataset "$dataset" '{$model, $dataset}')")
jq --exit-status '.model and .dataset' <<<"$found" >/dev/null || { echo "There is no model $model, or no data set $dataset." >&2; exit 1; }

input=$(jq '{input: {modelIds: [.model.id], datasetId: .dataset.id, sampleCount: 200, attacks: [{fgsm: {epsilon: 0.1}}, {pgd: {epsilon: 0.1}}]}}' <<<"$found")
started=$(ask 'mutation ($input: StartEvaluationInput!) { startEvaluation(input: $input) {
  ... on StartEvaluationSuccess { evaluations { id } } ... on UserError { message } } }' "$input")
jq --exit-status '.startEvaluation.evaluations' <<<"$started" >/dev/null || { jq -r '.startEvaluation.message' <<<"$started" >&2; exit 1; }

for id in $(jq -r '.startEvaluation.evaluations[].id' <<<"$started"); do
  while :; do
    evaluation=$(ask 'query ($id: ID!) { evaluation(id: $id) {
      attack { kind } job { state progress { fraction } error }
      clean { top1 { value } } adversarial { top1 { value lower upper } } } }' "$(jq --null-input --arg id "$id" '{$id}')")
    case $(jq -r '.evaluation.job.state' <<<"$evaluation") in
      SUCCEEDED) break ;;
      FAILED | CANCELLED) jq -r '.evaluation.job.error // .evaluation.job.state' <<<"$evaluation" >&2; exit 1 ;;
    esac
    sleep 1
  done
  jq -r '.evaluation | "\(.attack.kind): \(100 * .clean.top1.value) % of images right, \(100 * .adversarial.top1.value) % under attack, 95 % interval \(.adversarial.top1.lower) to \(.adversarial.top1.upper)"' <<<"$evaluation"
done
