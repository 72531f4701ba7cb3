"""Function URLs, CloudFront and the search stand-in, on their own ports."""

from __future__ import annotations

import gzip
import json
from typing import Any

import httpx
import patient
import pytest

CACHING_OPTIMIZED = "658327ea-f89d-4fab-a63d-7e88639e58f6"
CORS_AND_SECURITY = "e61eb60c-9c35-4d20-a928-2b84e02af89c"


def permit_url(lambdas: Any, **target: str) -> None:
    """Let everyone call the URL of a function or alias."""
    permissions: tuple[tuple[str, dict[str, Any]], ...] = (
        ("public", {"Action": "lambda:InvokeFunctionUrl", "FunctionUrlAuthType": "NONE"}),
        ("invoked", {"Action": "lambda:InvokeFunction", "InvokedViaFunctionUrl": True}),
    )
    for statement, permission in permissions:
        lambdas.add_permission(**target, StatementId=statement, Principal="*", **permission)


def given(statement: dict[str, Any]) -> dict[str, Any]:
    """What AddPermission was told when it made a statement for a URL."""
    by_url = "Bool" in statement["Condition"]
    condition = {"InvokedViaFunctionUrl": True} if by_url else {"FunctionUrlAuthType": "NONE"}
    return {"Action": statement["Action"], "Principal": "*", **condition}


def test_function_url_has_a_real_address_and_payload_format_2(cloud: Any, functions: Any) -> None:
    functions.create(
        "by-url",
        "import json\ndef handler(event, context):\n"
        "    return {'statusCode': 201, 'headers': {'Content-Type': 'text/plain'}, 'cookies': ['a=1', 'b=2'],"
        " 'body': json.dumps(event)}\n",
    )
    lambdas = cloud.client("lambda")
    lambdas.publish_version(FunctionName="by-url")
    lambdas.create_alias(FunctionName="by-url", Name="live", FunctionVersion="1")
    made = lambdas.create_function_url_config(FunctionName="by-url", Qualifier="live", AuthType="NONE")
    url = made["FunctionUrl"]
    assert url.startswith("http://127.0.0.1:")
    assert url.endswith("/")
    assert made["FunctionArn"].endswith(":by-url:live")
    assert patient.get(url).status_code == 403, "auth type NONE needs a statement in the policy"
    target = {"FunctionName": "by-url", "Qualifier": "live"}
    permit_url(lambdas, **target)
    for statement in ("public", "invoked"):
        # Since October 2025 both are needed, and each for this alias.
        policy = json.loads(lambdas.get_policy(**target)["Policy"])["Statement"]
        (kept,) = (entry for entry in policy if entry["Sid"] == statement)
        lambdas.remove_permission(**target, StatementId=statement)
        assert patient.get(url).status_code == 403
        lambdas.add_permission(FunctionName="by-url", StatementId=f"{statement}-function", **given(kept))
        assert patient.get(url).status_code == 403, "what holds for the function does not for its alias"
        lambdas.add_permission(**target, StatementId=statement, **given(kept))
        assert patient.get(url).status_code == 201
    answer = patient.post(
        f"{url}a%20b?x=1&x=2",
        content=b'{"k":1}',
        headers={"Cookie": "c=3; d=4", "Content-Type": "application/json"},
    )
    assert answer.status_code == 201
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]
    event = answer.json()
    assert event["version"] == "2.0"
    assert event["headers"]["x-forwarded-proto"] == "http"
    assert event["headers"]["x-forwarded-port"] == url.rstrip("/").rpartition(":")[2]
    assert (event["rawPath"], event["rawQueryString"]) == ("/a%20b", "x=1&x=2")
    assert event["requestContext"]["http"]["path"] == "/a%20b"
    assert event["queryStringParameters"] == {"x": "1,2"}
    assert event["cookies"] == ["c=3", "d=4"]
    assert event["body"] == '{"k":1}'
    assert event["requestContext"]["http"]["method"] == "POST"
    assert lambdas.get_function_url_config(FunctionName="by-url", Qualifier="live")["FunctionUrl"] == url
    listed = lambdas.list_function_url_configs(FunctionName="by-url")["FunctionUrlConfigs"]
    assert [entry["FunctionUrl"] for entry in listed] == [url]
    lambdas.delete_function_url_config(FunctionName="by-url", Qualifier="live")
    with pytest.raises(httpx.ConnectError):
        patient.get(url)


def test_function_url_takes_an_answer_without_status_and_cors(cloud: Any, functions: Any) -> None:
    functions.create("plain-url", "def handler(event, context):\n    return {'hello': 'world'}\n")
    lambdas = cloud.client("lambda")
    cors = {"AllowOrigins": ["https://example.org"], "AllowMethods": ["GET"]}
    url = lambdas.create_function_url_config(FunctionName="plain-url", AuthType="NONE", Cors=cors)[
        "FunctionUrl"
    ]
    permit_url(lambdas, FunctionName="plain-url")
    answer = patient.get(url, headers={"Origin": "https://example.org"})
    assert answer.json() == {"hello": "world"}
    assert answer.headers["access-control-allow-origin"] == "https://example.org"
    assert (
        "access-control-allow-origin"
        not in patient.get(url, headers={"Origin": "https://evil.example"}).headers
    )


def _distribution(cloud: Any, bucket: str, **behaviour: Any) -> Any:
    client = cloud.client("cloudfront")
    oac = client.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": bucket,
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )
    return client.create_distribution(
        DistributionConfig={
            "CallerReference": bucket,
            "Comment": "",
            "Enabled": True,
            "DefaultRootObject": "index.html",
            "Origins": {
                "Quantity": 1,
                "Items": [
                    {
                        "Id": "s3",
                        "DomainName": f"{bucket}.s3.us-east-1.amazonaws.com",
                        "OriginPath": "/static",
                        "OriginAccessControlId": oac["OriginAccessControl"]["Id"],
                        "S3OriginConfig": {"OriginAccessIdentity": ""},
                    }
                ],
            },
            "DefaultCacheBehavior": {
                "TargetOriginId": "s3",
                "ViewerProtocolPolicy": "redirect-to-https",
                "Compress": True,
                "CachePolicyId": CACHING_OPTIMIZED,
                "AllowedMethods": {"Quantity": 2, "Items": ["GET", "HEAD"]},
                **behaviour,
            },
        }
    )["Distribution"]


def test_cloudfront_serves_the_bucket_when_its_policy_grants_it(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="static-files")
    script = b"console.log('a long script');\n" * 200
    s3.put_object(
        Bucket="static-files", Key="static/index.html", Body=b"<h1>root</h1>", ContentType="text/html"
    )
    s3.put_object(
        Bucket="static-files",
        Key="static/js/app.js",
        Body=script,
        ContentType="application/javascript",
        CacheControl="public, max-age=31536000, immutable",
    )
    made = _distribution(cloud, "static-files", ResponseHeadersPolicyId=CORS_AND_SECURITY)
    domain = made["DomainName"]
    assert domain.startswith("127.0.0.1:")
    assert cloud.client("cloudfront").get_distribution(Id=made["Id"])["Distribution"]["DomainName"] == domain
    local = cloud.published[f"https://{domain}"]
    assert local == f"http://{domain}"
    assert patient.get(f"{local}/js/app.js").status_code == 403, "no bucket policy yet"
    s3.put_bucket_policy(
        Bucket="static-files",
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::static-files/*",
                        "Condition": {"StringEquals": {"AWS:SourceArn": made["ARN"]}},
                    }
                ],
            }
        ),
    )
    with patient.Client(base_url=local) as client:
        assert client.get("/").text == "<h1>root</h1>"
        answer = client.get(
            "/js/app.js", headers={"Accept-Encoding": "identity", "Origin": "https://example.org"}
        )
        assert answer.content == script
        assert answer.headers["content-type"] == "application/javascript"
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = client.get("/js/app.js", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        small = client.get("/js/app.js", headers={"Accept-Encoding": "gzip"})
        assert small.headers["content-encoding"] == "gzip"
        assert small.content == script
        assert int(small.headers["content-length"]) == len(gzip.compress(script, 6, mtime=0))
        head = client.head("/js/app.js", headers={"Accept-Encoding": "identity"})
        assert int(head.headers["content-length"]) == len(script)
        assert client.get("/none").status_code == 403
        for method in ("POST", "PUT", "PATCH", "DELETE", "TRACE"):
            assert client.request(method, "/js/app.js").status_code == 403, method
        assert client.get("/" + "x" * 8191).status_code == 403, "no such object, but a URL that is taken"
        assert client.get("/" + "x" * 8192).status_code == 413
        assert client.get("/", headers={"X-Long": "x" * 31_000}).status_code == 200
        assert client.get("/", headers={"X-Long": "x" * 33_000}).status_code == 413


def test_cloudfront_of_another_distribution_is_refused(cloud: Any) -> None:
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="other-files")
    s3.put_object(Bucket="other-files", Key="static/a.txt", Body=b"a")
    made = _distribution(cloud, "other-files")
    s3.put_bucket_policy(
        Bucket="other-files",
        Policy=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "cloudfront.amazonaws.com"},
                        "Action": "s3:GetObject",
                        "Resource": "arn:aws:s3:::other-files/*",
                        "Condition": {
                            "StringEquals": {
                                "AWS:SourceArn": "arn:aws:cloudfront::000000000000:distribution/EOTHER"
                            }
                        },
                    }
                ],
            }
        ),
    )
    assert patient.get(f"http://{made['DomainName']}/a.txt").status_code == 403


def test_algolia_stand_in_stores_finds_and_says_what_it_is(cloud: Any) -> None:
    base = f"http://127.0.0.1:{cloud.port('algolia')}"
    keys = {"X-Algolia-API-Key": "any", "X-Algolia-Application-Id": "any"}
    with patient.Client(base_url=base, headers=keys) as client:
        objects = [{"objectID": str(n), "name": f"Project {n}"} for n in range(3)]
        requests = [{"action": "addObject", "body": entry} for entry in objects]
        answer = client.post("/1/indexes/projects/batch", json={"requests": requests})
        assert answer.json()["objectIDs"] == ["0", "1", "2"]
        assert "stand-in" in answer.headers["x-stand-in"]
        assert (
            client.get(f"/1/indexes/projects/task/{answer.json()['taskID']}").json()["status"] == "published"
        )
        client.put("/1/indexes/projects/settings", json={"searchableAttributes": ["name"]})
        assert client.get("/1/indexes/projects/settings").json()["searchableAttributes"] == ["name"]
        found = client.post("/1/indexes/projects/query", json={"query": "project 2"}).json()
        assert [hit["objectID"] for hit in found["hits"]] == ["2"]
        stored = json.loads((cloud.state_dir / "algolia" / "projects.json").read_text())
        assert set(stored["objects"]) == {"0", "1", "2"}
        client.post("/1/indexes/projects/clear")
        assert client.post("/1/indexes/projects/query", json={}).json()["nbHits"] == 0
        assert client.delete("/1/indexes/projects").status_code == 200
        assert client.post("/1/indexes/projects/query", json={}).status_code == 404
    assert patient.post(f"{base}/1/indexes/projects/batch", json={}).status_code == 403


def test_padded_header_values_are_stripped_and_impossible_ones_are_a_bad_gateway(
    cloud: Any, functions: Any
) -> None:
    functions.create(
        "padded",
        "def handler(event, context):\n"
        "    value = event['rawPath'][1:] == 'bad' and 'a\\x00b' or '  a=1; Path=/ '\n"
        "    return {'statusCode': 200, 'headers': {'X-Value': value}, 'cookies': [' c=1'], 'body': 'ok'}\n",
    )
    lambdas = cloud.client("lambda")
    url = lambdas.create_function_url_config(FunctionName="padded", AuthType="NONE")["FunctionUrl"]
    permit_url(lambdas, FunctionName="padded")
    with patient.Client(base_url=url) as client:
        answer = client.get("/good")
        assert (answer.headers["x-value"], answer.headers["set-cookie"]) == ("a=1; Path=/", "c=1")
        assert client.get("/bad").status_code == 502
        assert client.get("/good").status_code == 200
