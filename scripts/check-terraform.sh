#!/usr/bin/env bash
# Checks everything written in HCL: formatting; `terraform test` of every module; `validate` of one
# environment of every layer of the example (the others must be equal to it but for their values).
#
# Works on a copy, so that no .terraform directory and no lock file is left behind. Each start of the
# AWS provider costs about 2.5 seconds of CPU and 650 MB, so nothing is validated twice (a test
# validates) and two things run at once.
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."

if ! command -v terraform >/dev/null; then
  echo 'terraform is not on the PATH: install 1.11 or newer' >&2
  exit 1
fi
environment="$(node_modules/.bin/tsx scripts/terraform-environment.ts)"
eval "$environment"
unset TF_DATA_DIR TF_WORKSPACE
export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
# Go's collector takes a quarter of the CPU time on the provider's schemas: off until a process holds
# what four of them may.
export GOGC="${GOGC:-off}" GOMEMLIMIT="${GOMEMLIMIT:-800MiB}"

work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
failures=()

echo '== formatting'
if ! terraform fmt -check -diff -recursive terraform; then failures+=('fmt: terraform'); fi
if ! terraform fmt -check -diff -recursive examples; then failures+=('fmt: examples'); fi

echo '== environments of a layer differ in their values only'
while IFS= read -r directory; do
  base="$directory/dev"
  for other in "$directory"/*/; do
    if ! diff -r -q -x terraform.tfvars -x backend.tf -x .terraform "$base" "$other"; then
      failures+=("differs from ${base#examples/}: ${other#examples/}")
    fi
  done
done < <(find examples -type d -name environments -not -path '*/.terraform/*' | sort)

cp -R terraform examples "$work/"
find "$work" -name .terraform -type d -prune -exec rm -rf {} +

# A lock file makes init fast and the providers the same as in the roots.
lock=terraform/bootstrap/.terraform.lock.hcl
tested=()
while IFS= read -r file; do
  directory="$(dirname "$(dirname "$file")")"
  cp -n "$lock" "$work/$directory/" || true
  tested+=("test $directory")
done < <(find terraform -name '*.tftest.hcl' -path '*/tests/*' | sort)
readarray -t tested < <(printf '%s\n' "${tested[@]}" | sort -u)

validated=()
while IFS= read -r file; do
  validated+=("validate $(dirname "$file")")
done < <(find examples -path '*/environments/dev/backend.tf' -not -path '*/.terraform/*' | sort)

# One job; says how it went in one line, and leaves a log.
check_one() {
  local kind="$1" directory="$2" verdict=ok
  {
    terraform -chdir="$work/$directory" init -backend=false -lockfile=readonly -no-color &&
      terraform -chdir="$work/$directory" "$kind" -no-color
  } >"$work/log/${directory//\//_}" 2>&1 || verdict=FAILED
  echo "$verdict: $kind $directory"
}

check_all() {
  local job kind directory running=0
  for job in "$@"; do
    if ((running == 2)); then
      wait -n
      running=1
    fi
    read -r kind directory <<<"$job"
    check_one "$kind" "$directory" &
    running=$((running + 1))
  done
  wait
}

echo "== ${#tested[@]} modules tested, ${#validated[@]} roots validated"
mkdir "$work/log"

# With a plugin cache the first init fills it alone: several at once would race (terraform#31964).
first="${validated[0]#* }"
if ! terraform -chdir="$work/$first" init -backend=false -lockfile=readonly -no-color >"$work/log/init" 2>&1; then
  cat "$work/log/init"
  echo 'terraform init failed: are the providers within reach?' >&2
  exit 1
fi

while IFS= read -r line; do
  echo "$line"
  if [[ $line == FAILED:* ]]; then
    failures+=("${line#FAILED: }")
    directory="${line##* }"
    cat "$work/log/${directory//\//_}"
  fi
done < <(check_all "${tested[@]}" "${validated[@]}")

if ((${#failures[@]} > 0)); then
  printf '\n%d failed:\n' "${#failures[@]}"
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
echo 'all passed'
