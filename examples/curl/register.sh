#!/bin/sh
# Registers a TPP at a mock bank, with curl and openssl alone.
# $1: where the desk of the sandbox is; $2: the id of the bank
set -eu
umask 077

desk=${1:-http://localhost:8080}
bank=${2:-reference}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
trap 'exit 1' HUP INT TERM
cd "$folder"

# Calls the control API; what is wrong with a call stands in its answer.
call() {
  path=$1
  shift
  if ! curl -sS --fail-with-body -H 'content-type: application/json' "$@" "$desk/sandbox/$path" > answer; then
    cat answer >&2
    exit 1
  fi
  cat answer
}

# The first member of this name in the JSON on standard input, a text; without one there is nothing to go on with.
member() {
  text=$(grep -o "\"$1\":\"[^\"]*\"" | head -n 1 | cut -d '"' -f 4)
  [ -n "$text" ] || { echo "no $1 in the answer" >&2; exit 1; }
  echo "$text"
}

base64url() {
  openssl base64 -A | tr '+/' '-_' | tr -d '='
}

# Makes a key and has the Directory certify it; prints the key's name there. $1: obsigning or obtransport
certify() {
  openssl req -new -newkey rsa:2048 -nodes -keyout "$1.key" -sha256 -out "$1.csr" \
    -subj "/C=GB/O=OpenBanking/OU=$organisation/CN=$software" 2> openssl.log || { cat openssl.log >&2; exit 1; }
  csr=$(awk '{ printf "%s\\n", $0 }' "$1.csr")
  call "software-statements/$software/certificates" -d "{\"type\": \"$1\", \"csrPem\": \"$csr\"}" | member kid
}

organisation=$(call organisations -d '{
  "name": "Shell TPP", "kind": "tpp", "authorisations": [{ "memberState": "GB", "roles": ["AISP"] }]
}' | member id)
software=$(call "organisations/$organisation/software-statements" -d '{
  "clientName": "Shell TPP", "roles": ["AISP"], "redirectUris": ["https://tpp.example.com/callback"]
}' | member id)
signing=$(certify obsigning)
transport=$(certify obtransport)
ssa=$(call "software-statements/$software/ssa" -X POST -H 'accept: application/jwt')

# What there is to know of the Directory and of the bank.
curl -sS --fail "$desk/ca/root.pem" > root.pem
audience=$(call "banks/$bank" | member organisationId)
endpoint=$(curl -sS --fail "$desk/aspsp/$bank/.well-known/openid-configuration" | member registration_endpoint)
directory=${endpoint%/aspsp/*}
# The certificate, and those above it.
curl -sS --fail --cacert root.pem "$directory/$organisation/$transport.pem" > transport.pem

now=$(date +%s)
header=$(printf '{"typ":"JWT","alg":"PS256","kid":"%s"}' "$signing" | base64url)
claims=$(base64url << JSON
{
  "iss": "$software", "aud": "$audience", "iat": $now, "exp": $((now + 300)),
  "jti": "$(openssl rand -hex 16 | sed 's/\(.\{8\}\)\(....\).\(...\).\(...\)/\1-\2-4\3-a\4-/')",
  "redirect_uris": ["https://tpp.example.com/callback"],
  "token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "PS256",
  "grant_types": ["client_credentials", "authorization_code"], "response_types": ["code id_token"],
  "application_type": "web", "scope": "openid accounts",
  "id_token_signed_response_alg": "PS256", "request_object_signing_alg": "PS256",
  "software_statement": "$ssa"
}
JSON
)
signature=$(printf '%s.%s' "$header" "$claims" | openssl dgst -sha256 -sign obsigning.key \
  -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:-1 | base64url)
printf '%s.%s.%s' "$header" "$claims" "$signature" > request.jwt

if ! curl -sS --fail-with-body --cacert root.pem --cert transport.pem --key obtransport.key \
  -H 'content-type: application/jwt' --data-binary @request.jwt "$endpoint" > answer; then
  cat answer >&2
  exit 1
fi
member client_id < answer
