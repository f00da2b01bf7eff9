#!/bin/bash
# LocalStack's chaos tutorial: a product is kept in DynamoDB; in an outage it waits in a queue, and is kept when the
# outage is over; where every call is delayed and fails, the gateway says so.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
command -v python3 >/dev/null || { echo "no Python here"; exit 77; }
start_region --empty

product() { # ID [PRICE [OPTION...]]
    local id=$1 price=${2:-'"29.99"'}
    shift $(($# > 2 ? 2 : $#))
    curl -sS --max-time 30 -H 'Host: 12345.execute-api.localhost.localstack.cloud:4566' -H 'Content-Type: application/json' "$@" \
        --data '{"id":"'"$id"'","name":"Super Widget","price":'"$price"',"description":"A versatile widget."}' "$url/dev/productApi"
}
# an experiment that makes calls fail: start PARAMETERS, sets $e
start() {
    local t
    t=$(a fis create-experiment-template --output text --query experimentTemplate.id --description x \
        --stop-conditions source=none --role-arn arn:aws:iam:000000000000:role/ExperimentRole \
        --actions '{"Test action 1":{"actionId":"localstack:generic:api-error","parameters":'"$1"'}}')
    e=$(text fis start-experiment --experiment-template-id "$t" --query experiment.id)
}
stop() { is "the experiment ends" stopped "$(text fis stop-experiment --id "$e" --query experiment.state.status)"; }
kept() { text dynamodb scan --table-name Products --query 'sort(Items[].id.S)'; }

added='Product added/updated successfully.' queued='A DynamoDB error occurred. Message sent to queue.'
is "a product is kept" "$added" "$(product prod-2004 '"49.99"')"
is "in DynamoDB" "prod-2004 49.99 Super Widget" \
    "$(text dynamodb get-item --table-name Products --key '{"id":{"S":"prod-2004"}}' --query 'Item.[id.S,price.N,name.S]')"
is "it is shown" '{"id":"prod-2004","name":"Super Widget","price":"49.99","description":"A versatile widget."}' \
    "$(curl -sS "$url/_aws/execute-api/12345/dev/productApi?id=prod-2004" | python3 -c '
import json, sys
d = json.load(sys.stdin)
print(json.dumps({k: d[k] for k in ("id", "name", "price", "description")}, separators=(",", ":")))')"
is "another is not" "Product not found. 404" "$(curl -sS -w ' %{http_code}' "$url/_aws/execute-api/12345/dev/productApi?id=nope")"

start '{"service":"dynamodb","api":"all","percentage":"100","exception":"DynamoDbException","errorCode":"500"}'
has "DynamoDB is down" "(DynamoDbException) when calling the GetItem operation" \
    "$(text dynamodb get-item --table-name Products --key '{"id":{"S":"prod-2004"}}')"
is "the product waits" "$queued" "$(product prod-1003)"
is "another one" "$queued" "$(product prod-1004)"
is "nothing is shown" "A DynamoDB error occurred. 500" \
    "$(curl -sS -w ' %{http_code}' "$url/_aws/execute-api/12345/dev/productApi?id=prod-2004")"
stop
until_is "both are kept once it is over" 20 "prod-1003 prod-1004 prod-2004" kept

start '{"latency":"1"}'
begun=${EPOCHREALTIME/./}
is "all is delayed and fails" "An error occurred (InternalError) when calling the GetResources operation (reached max retries: 4): Failing as per Fault Injection Simulator configuration" \
    "$(product prod-1088)"
ms=$(((${EPOCHREALTIME/./} - begun) / 1000))
[ "$ms" -ge 1000 ] || is "after the delay" 1000 "$ms"
is "five attempts were made" 5 "$(curl -s "$url/_shaketable/faults" | python3 -c 'import json,sys; print(json.load(sys.stdin)["attempts"]["apigateway.GetResources"])')"
stop
is "it is as it was" "prod-1003 prod-1004 prod-2004" "$(kept)"

is "a price that is none" "400" "$(product x '"dear"' -o "$work/x" -w '%{http_code}')"
is "a number is one" "$added" "$(product prod-7 7)"
is "no product" "400" "$(curl -s -o "$work/x" -w '%{http_code}' -H 'Content-Type: application/json' -d '[' "$url/_aws/execute-api/1/dev/productApi")"
is "no JSON" "415" "$(curl -s -o "$work/x" -w '%{http_code}' -H 'Content-Type: text/plain' -d '{}' "$url/_aws/execute-api/1/dev/productApi")"
is "another resource" '{"message":"Missing Authentication Token"} 403' "$(curl -s -w ' %{http_code}' "$url/_aws/execute-api/1/dev/other")"
done_testing
