import assert from "node:assert/strict";
import { test } from "node:test";

import { ConfigurationError, PLACEHOLDER, authConfig, backendConfig } from "../src/lib/config.ts";

const backend = {
  NEXT_SERVER_GRAPHQL_URL: "https://nest.example.org/graphql/",
  NEXT_SERVER_CSRF_URL: "https://nest.example.org/csrf/",
};
const auth = {
  NEXT_SERVER_GITHUB_CLIENT_ID: "id",
  NEXT_SERVER_GITHUB_CLIENT_SECRET: "client secret",
  NEXTAUTH_SECRET: "secret",
};

test("the backend's addresses are taken as they are", () => {
  const config = backendConfig(backend);
  assert.equal(config.graphqlUrl, backend.NEXT_SERVER_GRAPHQL_URL);
  assert.equal(config.csrfUrl, backend.NEXT_SERVER_CSRF_URL);
  assert.ok(config.timeoutMs > 11_000, "a cold start takes up to 11 s");
  assert.ok(config.timeoutMs < 60_000, "the load balancer gives up after 60 s");
});

test("a doubled slash between parts of an address is one", () => {
  const config = backendConfig({ ...backend, NEXT_SERVER_GRAPHQL_URL: "https://abc.lambda-url.example.org//graphql/" });
  assert.equal(config.graphqlUrl, "https://abc.lambda-url.example.org/graphql/");
});

for (const value of [undefined, "", "  ", PLACEHOLDER, "nest.example.org", "ftp://nest.example.org/"]) {
  test(`the address ${JSON.stringify(value)} is refused by the setting's name`, () => {
    assert.throws(
      () => backendConfig({ ...backend, NEXT_SERVER_CSRF_URL: value }),
      (error) => error instanceof ConfigurationError && error.message.startsWith("NEXT_SERVER_CSRF_URL is not"),
    );
  });
}

test("the secret for the backend's own address is optional", () => {
  assert.equal(backendConfig({ ...backend, NEST_ORIGIN_SECRET: "shared" }).originSecret, "shared");
  for (const value of [undefined, "", PLACEHOLDER]) {
    assert.equal(backendConfig({ ...backend, NEST_ORIGIN_SECRET: value }).originSecret, null);
  }
});

test("the time-out can be set, and nonsense leaves the default", () => {
  const usual = backendConfig(backend).timeoutMs;
  assert.equal(backendConfig({ ...backend, NEXT_SERVER_TIMEOUT_MS: "1500" }).timeoutMs, 1500);
  for (const value of ["-1", "0", "soon", ""]) {
    assert.equal(backendConfig({ ...backend, NEXT_SERVER_TIMEOUT_MS: value }).timeoutMs, usual);
  }
});

test("sign-in is configured when all three settings are", () => {
  assert.deepEqual(authConfig(auth), { clientId: "id", clientSecret: "client secret", secret: "secret" });
});

for (const name of Object.keys(auth)) {
  for (const value of [undefined, "", PLACEHOLDER]) {
    test(`sign-in is not configured while ${name} is ${JSON.stringify(value)}`, () => {
      assert.equal(authConfig({ ...auth, [name]: value }), null);
    });
  }
}
