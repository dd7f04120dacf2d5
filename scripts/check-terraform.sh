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

# One job, in a directory of its own for output: prints nothing, leaves a log, ends with its verdict.
check_one() {
  local kind="$1" directory="$2" log
  log="$work/log/${directory//\//_}"
  {
    terraform -chdir="$work/$directory" init -backend=false -lockfile=readonly -no-color &&
      terraform -chdir="$work/$directory" "$kind" -no-color
  } >"$log" 2>&1
}
export -f check_one
export work

echo "== ${#tested[@]} modules tested, ${#validated[@]} roots validated"
mkdir "$work/log"

# With a plugin cache the first init fills it alone: several at once would race (terraform#31964).
first="${validated[0]#* }"
if ! terraform -chdir="$work/$first" init -backend=false -lockfile=readonly -no-color >"$work/log/init" 2>&1; then
  cat "$work/log/init"
  echo 'terraform init failed: are the providers within reach?' >&2
  exit 1
fi

run_all() {
  printf '%s\n' "$@" | xargs -P 2 -L 1 bash -c 'check_one "$1" "$2" && echo "ok: $1 $2" || echo "FAILED: $1 $2"' _
}
while IFS= read -r line; do
  echo "$line"
  if [[ $line == FAILED:* ]]; then
    failures+=("${line#FAILED: }")
    directory="${line##* }"
    cat "$work/log/${directory//\//_}"
  fi
done < <(run_all "${tested[@]}" "${validated[@]}")

if ((${#failures[@]} > 0)); then
  printf '\n%d failed:\n' "${#failures[@]}"
  printf '  %s\n' "${failures[@]}"
  exit 1
fi
echo 'all passed'
