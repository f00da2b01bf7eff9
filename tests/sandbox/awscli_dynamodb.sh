#!/bin/bash
# The AWS CLI uses DynamoDB's tables: what it makes and writes it reads again, and what is wrong it is told in
# DynamoDB's words.
. "${top_srcdir:-.}/tests/sandbox/region.bash"
start_region --no-traffic --fast
d() { a dynamodb "$@"; }
dtext() { text dynamodb "$@"; }
dfails() { # WHAT CODE WORDS COMMAND...
    local what=$1 code=$2 words=$3
    shift 3
    fails "$what" "$code" "$words" dynamodb "$@"
}
on_demand="--billing-mode PAY_PER_REQUEST"

# --- tables
is "the table of the walk-throughs is there" Products "$(dtext list-tables --query 'TableNames')"
is "it has their key" "id HASH S PAY_PER_REQUEST" "$(dtext describe-table --table-name Products --query \
    'Table.[KeySchema[0].AttributeName,KeySchema[0].KeyType,AttributeDefinitions[0].AttributeType,BillingModeSummary.BillingMode]')"
state >"$work/state.before"
d create-table --table-name Students --attribute-definitions AttributeName=id,AttributeType=S \
    --key-schema AttributeName=id,KeyType=HASH $on_demand --region us-east-1 >"$work/created" || is "a table is made" 0 1
is "all that is told of a new table" \
    "AttributeDefinitions BillingModeSummary CreationDateTime ItemCount KeySchema ProvisionedThroughput TableArn TableId TableName TableSizeBytes TableStatus" \
    "$(python3 -c 'import json, sys
print(*sorted(k for k in json.load(sys.stdin)["TableDescription"] if k != "DeletionProtectionEnabled"))' <"$work/created")"
is "it is as it was asked for" "Students ACTIVE arn:aws:dynamodb:us-east-1:000000000000:table/Students 0 0 0 0" \
    "$(dtext describe-table --table-name Students --query \
    'Table.[TableName,TableStatus,TableArn,ItemCount,TableSizeBytes,ProvisionedThroughput.ReadCapacityUnits,ProvisionedThroughput.NumberOfDecreasesToday]')"
d create-table --table-name Students --attribute-definitions AttributeName=id,AttributeType=S \
    --key-schema AttributeName=id,KeyType=HASH $on_demand --region eu-central-1 >/dev/null || is "and in another region" 0 1
is "that region's own" "arn:aws:dynamodb:eu-central-1:000000000000:table/Students Students" \
    "$(dtext describe-table --table-name Students --region eu-central-1 --query Table.TableArn) $(dtext list-tables \
    --region eu-central-1 --query TableNames)"
is "tables in pages" "Products Students" "$(dtext list-tables --page-size 1 --query TableNames)"
is "the first page says where it ends" "Products Products" \
    "$(dtext list-tables --no-paginate --limit 1 --query '[TableNames[0],LastEvaluatedTableName]')"
dfails "a table twice" ResourceInUseException "Table already exists: Students" create-table --table-name Students \
    --attribute-definitions AttributeName=id,AttributeType=S --key-schema AttributeName=id,KeyType=HASH $on_demand
dfails "no such table" ResourceNotFoundException "Requested resource not found: Table: Nope not found" \
    describe-table --table-name Nope
dfails "a key that is not defined" ValidationException "Some index key attributes are not defined in AttributeDefinitions. Keys: [id], AttributeDefinitions: [x]" \
    create-table --table-name Other --attribute-definitions AttributeName=x,AttributeType=S \
    --key-schema AttributeName=id,KeyType=HASH $on_demand
dfails "a name that is none" ValidationException "1 validation error detected: Value 'a b' at 'tableName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+" \
    scan --table-name 'a b'

# --- items
d put-item --table-name Students --item '{"id":{"S":"1216"},"first name":{"S":"Liam"},"grade":{"N":"1.0"},
    "tags":{"SS":["a","b"]},"m":{"M":{"l":{"L":[{"N":"-0.50"},{"NULL":true},{"BOOL":false},{"B":"AAH/"}]}}}}' ||
    is "an item is put" 0 1
d put-item --table-name Students --item '{"id":{"S":"1748"},"first name":{"S":"John"},"grade":{"N":"2"}}' || is "another one" 0 1
is "an item is read" "Liam 1 a b -0.5" "$(dtext get-item --table-name Students --key '{"id":{"S":"1216"}}' \
    --query 'Item.["first name".S,grade.N,tags.SS[0],tags.SS[1],m.M.l.L[0].N]')"
is "only in its own region" "" "$(d get-item --table-name Students --key '{"id":{"S":"1216"}}' --region eu-central-1 2>&1)"
is "a part of it" '1' "$(dtext get-item --table-name Students --key '{"id":{"S":"1216"}}' \
    --projection-expression 'm.l[0], #f' --expression-attribute-names '{"#f":"grade"}' --query 'length(Item.m.M.l.L)')"
is "what was there before" "John" "$(dtext put-item --table-name Students --return-values ALL_OLD \
    --item '{"id":{"S":"1748"},"first name":{"S":"Jane"}}' --query 'Attributes."first name".S')"
is "an exact sum" "0.3" "$(dtext update-item --table-name Students --key '{"id":{"S":"1748"}}' --return-values UPDATED_NEW \
    --update-expression 'SET s = :a + :b' --expression-attribute-values '{":a":{"N":"0.1"},":b":{"N":"0.2"}}' --query Attributes.s.N)"
is "what an update makes" "9007199254740993 1" "$(dtext update-item --table-name Students --key '{"id":{"S":"new"}}' \
    --return-values ALL_NEW --update-expression 'ADD visits :n SET l = list_append(if_not_exists(l, :none), :one)' \
    --expression-attribute-values '{":n":{"N":"9007199254740993"},":none":{"L":[]},":one":{"L":[{"S":"x"}]}}' \
    --query 'Attributes.[visits.N,length(l.L)]')"
is "the capacity it took" "Students 1.0 1.0" "$(dtext delete-item --table-name Students --key '{"id":{"S":"new"}}' \
    --return-consumed-capacity INDEXES --query 'ConsumedCapacity.[TableName,CapacityUnits,Table.CapacityUnits]')"
is "counted" "2" "$(dtext describe-table --table-name Students --query Table.ItemCount)"
is "scanned" "2 2" "$(dtext scan --table-name Students --query '[Count,ScannedCount]')"
is "filtered" "1216 1 2" "$(dtext scan --table-name Students --filter-expression 'contains(tags, :t)' \
    --expression-attribute-values '{":t":{"S":"b"}}' --query '[Items[0].id.S,Count,ScannedCount]')"
dfails "a condition that does not hold" ConditionalCheckFailedException "The conditional request failed" put-item \
    --table-name Students --item '{"id":{"S":"1216"}}' --condition-expression 'attribute_not_exists(id)'
is "and nothing was changed" "Liam" "$(dtext get-item --table-name Students --key '{"id":{"S":"1216"}}' \
    --query 'Item."first name".S')"
dfails "no key" ValidationException "One or more parameter values were invalid: Missing the key id in the item" \
    put-item --table-name Students --item '{"x":{"S":"1"}}'
dfails "another key" ValidationException "The provided key element does not match the schema" \
    get-item --table-name Students --key '{"x":{"S":"1"}}'
dfails "an empty key" ValidationException "The AttributeValue for a key attribute cannot contain an empty string value. Key: id" \
    put-item --table-name Students --item '{"id":{"S":""}}'
dfails "no number" ValidationException "The parameter cannot be converted to a numeric value: one" \
    put-item --table-name Students --item '{"id":{"S":"1"},"n":{"N":"one"}}'
dfails "a table that is not there" ResourceNotFoundException "Requested resource not found" \
    put-item --table-name Nope --item '{"id":{"S":"1"}}'
dfails "an update that ends too early" ValidationException 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "="' \
    update-item --table-name Students --key '{"id":{"S":"1216"}}' --update-expression 'SET a ='
dfails "a key can't be updated" ValidationException "Cannot update attribute id. This attribute is part of the key" \
    update-item --table-name Students --key '{"id":{"S":"1216"}}' --update-expression 'SET id = :v' \
    --expression-attribute-values '{":v":{"S":"2"}}'
dfails "a reserved word" ValidationException "Attribute name is a reserved keyword; reserved keyword: name" \
    scan --table-name Students --projection-expression name
dfails "a value too many" ValidationException "Value provided in ExpressionAttributeValues unused in expressions: keys: {:x}" \
    scan --table-name Students --filter-expression 'attribute_exists(id)' --expression-attribute-values '{":x":{"N":"1"}}'
dfails "a legacy parameter" ValidationException "use expressions" scan --table-name Students \
    --scan-filter '{"id":{"ComparisonOperator":"NOT_NULL"}}'

# --- a partition, in the order of its sort key, and indexes
d create-table --table-name Runs --attribute-definitions AttributeName=h,AttributeType=S AttributeName=r,AttributeType=N \
    AttributeName=g,AttributeType=S --key-schema AttributeName=h,KeyType=HASH AttributeName=r,KeyType=RANGE $on_demand \
    --global-secondary-indexes 'IndexName=by-g,KeySchema=[{AttributeName=g,KeyType=HASH},{AttributeName=r,KeyType=RANGE}],Projection={ProjectionType=KEYS_ONLY}' \
    >/dev/null || is "a table with an index" 0 1
requests=
for n in -10 -9.5 0 2 10 9 1e2 1e-3; do
    requests+='{"PutRequest":{"Item":{"h":{"S":"p"},"r":{"N":"'$n'"},"g":{"S":"g'$((${#n} % 2))'"},"x":{"S":"x"}}}},'
done
d batch-write-item --request-items '{"Runs":['"${requests%,}"']}' >/dev/null || is "a batch is written" 0 1
query() { dtext query --table-name Runs --key-condition-expression "$@"; }
p='{":p":{"S":"p"},":n":{"N":"2"}}'
is "in order" "-10 -9.5 0 0.001 2 9 10 100" \
    "$(query 'h = :p' --expression-attribute-values '{":p":{"S":"p"}}' --query 'Items[].r.N')"
is "backwards" "2 0.001 0 -9.5 -10" \
    "$(query 'h = :p AND r <= :n' --expression-attribute-values "$p" --no-scan-index-forward --query 'Items[].r.N')"
is "in pages" "-10 -9.5 0 0.001 2 9 10 100" \
    "$(query 'h = :p' --expression-attribute-values '{":p":{"S":"p"}}' --page-size 3 --query 'Items[].r.N')"
is "where a page ends" "2 p 9" "$(query 'h = :p AND r >= :n' --expression-attribute-values "$p" --no-paginate --limit 2 \
    --query '[Items[0].r.N,LastEvaluatedKey.h.S,LastEvaluatedKey.r.N]')"
is "of an index, what is in it" "-10 0 2 9 100 g r h" "$(dtext query --table-name Runs --index-name by-g \
    --key-condition-expression 'g = :g' --expression-attribute-values '{":g":{"S":"g1"}}' --query '[Items[].r.N][]') $(
    d query --table-name Runs --index-name by-g --key-condition-expression 'g = :g' --expression-attribute-values \
    '{":g":{"S":"g1"}}' | python3 -c 'import json, sys; print(*sorted(json.load(sys.stdin)["Items"][0], key="grh".index))')"
is "a batch is read" "0 100" "$(dtext batch-get-item --request-items \
    '{"Runs":{"Keys":[{"h":{"S":"p"},"r":{"N":"100"}},{"h":{"S":"p"},"r":{"N":"0"}},{"h":{"S":"p"},"r":{"N":"7"}}]}}' \
    --query 'sort_by(Responses.Runs, &r.N)[].r.N')"
dfails "no key condition on the partition" ValidationException "Query condition missed key schema element: h" \
    query --table-name Runs --key-condition-expression 'r = :n' --expression-attribute-values '{":n":{"N":"2"}}'
dfails "a filter on the key" ValidationException "Filter Expression can only contain non-primary key attributes: Primary key attribute: r" \
    query --table-name Runs --key-condition-expression 'h = :p' --filter-expression 'r > :n' --expression-attribute-values "$p"
dfails "no such index" ValidationException "The table does not have the specified index: nope" scan --table-name Runs \
    --index-name nope

# --- on the wire
post() { # OPERATION BODY...: a line for each answer
    while [ $# -gt 1 ]; do
        curl -sS --max-time 10 --aws-sigv4 aws:amz:us-east-1:dynamodb --user test:test \
            -H "X-Amz-Target: DynamoDB_20120810.$1" -H 'Content-Type: application/x-amz-json-1.0' -d "$2" \
            -o "$work/answer" -w '%{http_code} %{content_type} ' "$url/"
        tr -d '\n' <"$work/answer"
        echo
        shift 2
    done
}
mapfile -t answers < <(post DescribeTable '{"TableName":"Students"}' Scan '{"TableName":"Nope"}' Scan '{"TableName":5}' \
    DeleteItem '{"TableName":"Students","Key":{"id":{"S":"1748"}},"ConditionExpression":"attribute_exists(nope)",
        "ReturnValuesOnConditionCheckFailure":"ALL_OLD"}' TransactWriteItems '{}')
is "JSON 1.0, times as numbers" "200 application/x-amz-json-1.0 0.0" \
    "$(sed 's/{.*"LastIncreaseDateTime":\([0-9.]*\),.*/\1/' <<<"${answers[0]}")"
is "an error with its namespace" '400 application/x-amz-json-1.0 {"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}' \
    "${answers[1]}"
has "and the reader's own" '"com.amazon.coral.service#SerializationException","message":"NUMBER_VALUE cannot be converted to String"' \
    "${answers[2]}"
has "what a condition was not true of" '"Item":{"id":{"S":"1748"}' "${answers[3]}"
has "no such operation" "UnknownOperationException" "${answers[4]}"

is "a table is deleted" "DELETING" "$(dtext delete-table --table-name Students --query TableDescription.TableStatus)"
is "and gone" "Products Runs" "$(dtext list-tables --query TableNames)"
is "only there" "2020" "$(d put-item --table-name Students --region eu-central-1 --item '{"id":{"S":"2020"}}' &&
    dtext scan --table-name Students --region eu-central-1 --query 'Items[].id.S')"
state | cmp -s - "$work/state.before" || is "tables are not the region's state" 0 1
done_testing
