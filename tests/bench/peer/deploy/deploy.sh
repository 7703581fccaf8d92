#!/bin/sh
# The published way of bringing code to an account: a role is entered, and a process of the AWS CLI makes each call, one after the other.
set -e
for account in $BENCH_ACCOUNTS; do
    keys=$("$BENCH_AWS" sts assume-role --role-arn "arn:aws:iam::$account:role/delivery" --role-session-name delivery \
        --query 'Credentials.[AccessKeyId,SecretAccessKey,SessionToken]' --output text)
    (
        set -- $keys
        export AWS_ACCESS_KEY_ID="$1" AWS_SECRET_ACCESS_KEY="$2" AWS_SESSION_TOKEN="$3"
        "$BENCH_AWS" lambda update-function-code --function-name orders --s3-bucket signalbox-bench-code --s3-key "$BENCH_KEY"
        version=$("$BENCH_AWS" lambda publish-version --function-name orders --query Version --output text)
        "$BENCH_AWS" lambda update-alias --function-name orders --name live --function-version "$version"
    ) > /dev/null
done
