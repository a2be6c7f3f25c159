# shellcheck shell=bash
# The parameters of names.json in AWS SSM Parameter Store; sourced by fetch-secrets and rotate. A value stays in
# shell variables and pipes: never on another process's command line, never printed.

names=$(dirname "${BASH_SOURCE[0]}")/names.json
readonly names program=${0##*/}
path=''   # /<project>/<environment>
key_id='' # of KMS; empty: the account's key of SSM

# The client's own retries: throttling and outages, with back-off and a bound. A variable that is set wins.
export AWS_RETRY_MODE=${AWS_RETRY_MODE:-standard} AWS_MAX_ATTEMPTS=${AWS_MAX_ATTEMPTS:-6}

# shellcheck disable=SC2034  # the scripts that source this file use them
readonly exit_unusable=1 exit_wrong_call=2 exit_unreachable=3

# say LINE...
say() { printf '%s\n' "${@/#/$program: }"; }

# fail CODE LINE...
fail() {
  local code=$1
  shift
  say "$@" >&2
  exit "$code"
}

need_programs() {
  local needed missing=()
  for needed in "$@"; do
    command -v "$needed" >/dev/null || missing+=("$needed")
  done
  [ ${#missing[@]} -eq 0 ] || fail "$exit_wrong_call" "not found on PATH: ${missing[*]}"
}

check_path() {
  [[ $path =~ ^(/[A-Za-z0-9_.-]+){2}$ ]] ||
    fail "$exit_wrong_call" "--path is /<project>/<environment>, not \`$path\`"
}

# about NAME KEY: one fact of names.json; empty when it is not stated.
about() {
  jq --raw-output --arg name "$1" --arg key "$2" '.parameters[] | select(.name == $name) | .[$key] // ""' "$names"
}

# A function of jq: what keeps a value from being used, without the value. In single quotes an environment file
# cannot hold a backslash that ends the value or stands before a quote.
# shellcheck disable=SC2016,SC2034  # the variables are those of jq
readonly flaw='def flaw($pattern):
  if test("[\u0000-\u001f\u007f]") then "has a line break or another control character"
  elif test("\\\\(\u0027|$)") then "has a backslash at its end or before a quote"
  elif test($pattern) | not then "does not match \($pattern)"
  else empty end;'

ssm() { aws --cli-connect-timeout 5 --cli-read-timeout 20 --output json ssm "$@"; }

# Runs an SSM call; when it fails, ends the program with what the client said. Only the client's own words
# reach the message: it does not repeat values.
ssm_or_fail() {
  local complaint answer
  complaint=$(mktemp)
  if answer=$(ssm "$@" 2>"$complaint"); then
    rm -f "$complaint"
    printf '%s' "$answer"
  else
    say "SSM refused or did not answer ($1 below $path):" "$(grep -v '^$' "$complaint" | tail -1)" >&2
    rm -f "$complaint"
    return "$exit_unreachable"
  fi
}

# Everything below the path as one JSON object from name to value. The client follows the pages.
fetch_parameters() {
  local answer
  answer=$(ssm_or_fail get-parameters-by-path --path "$path" --with-decryption) || return
  printf '%s' "$answer" | jq --arg prefix "$path/" '[.Parameters[] | {key: (.Name | ltrimstr($prefix)), value: .Value}] | from_entries'
}

# value_of PARAMETERS NAME: without a line break at its end.
value_of() { printf '%s' "$1" | jq --join-output --arg name "$2" '.[$name] // ""'; }

# random_text LENGTH: letters and digits, about 5.95 bits each.
random_text() {
  local text
  text=$(head -c 2048 /dev/urandom | LC_ALL=C tr -dc 'A-Za-z0-9')
  printf '%s' "${text:0:$1}"
}

# make_value HOW
make_value() {
  case $1 in
    password) random_text 40 ;;
    api-key) printf '%s.%s' "$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')" "$(random_text 43)" ;;
  esac
}

delete_parameter() { ssm_or_fail delete-parameter --name "$path/$1" >/dev/null; }

# put_parameter NAME VALUE [--overwrite]: fails when the parameter exists and may not be replaced.
# The value goes through standard input. (In --cli-input-json the client would repeat it in a complaint.)
put_parameter() {
  local complaint code=0 options=(--name "$path/$1" --type SecureString --value file:///dev/stdin)
  [ -z "$key_id" ] || options+=(--key-id "$key_id")
  [ -z "${3:-}" ] || options+=("$3")
  complaint=$(printf '%s' "$2" | ssm put-parameter "${options[@]}" 2>&1 >/dev/null) || code=$?
  [ "$code" -ne 0 ] || return 0
  [[ $complaint != *ParameterAlreadyExists* ]] || return 1
  fail "$exit_unreachable" "SSM refused or did not answer (put-parameter $path/$1):" "$(tail -1 <<<"$complaint")"
}
