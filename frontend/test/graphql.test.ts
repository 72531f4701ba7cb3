import assert from "node:assert/strict";
import { type IncomingMessage, type ServerResponse, createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";

import { BackendError, GraphQLClient } from "../src/lib/graphql.ts";

interface Answer {
  readonly status?: number;
  readonly body?: unknown;
}

/** A backend on a real port that wants the token it gave last, as Django does. */
class Backend {
  token = "token-1";
  readonly calls: string[] = [];
  /** What each call showed as the shared secret. */
  readonly secrets: unknown[] = [];
  /** What the next GraphQL requests get instead of data, in turn. */
  readonly answers: (Answer | "hang up" | "hang")[] = [];
  csrf: Answer | null = null;
  setsCookie = true;
  lastHeaders: IncomingMessage["headers"] = {};
  lastBody = "";

  handle = (request: IncomingMessage, response: ServerResponse): void => {
    this.calls.push(`${request.method} ${request.url}`);
    this.secrets.push(request.headers["x-origin-verify"]);
    if (request.url === "/csrf/") {
      if (this.setsCookie) response.setHeader("set-cookie", `csrftoken=cookie-of-${this.token}; Path=/; Secure`);
      this.#send(response, this.csrf ?? { body: { csrftoken: this.token } });
      return;
    }
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      this.lastHeaders = request.headers;
      this.lastBody = body;
      if (request.headers["x-csrftoken"] !== this.token) {
        response.writeHead(403, { "content-type": "text/html" }).end("<h1>Forbidden</h1>");
        return;
      }
      const answer = this.answers.shift() ?? { body: { data: { stats: { projects: 3 } } } };
      if (answer === "hang up") request.socket.destroy();
      else if (answer !== "hang") this.#send(response, answer);
    });
  };

  #send(response: ServerResponse, { status = 200, body = {} }: Answer): void {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  }
}

async function start(t: TestContext, timeoutMs = 5000, originSecret: string | null = null): Promise<{ backend: Backend; client: GraphQLClient; url: string }> {
  const backend = new Backend();
  const server = createServer(backend.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new GraphQLClient({ graphqlUrl: `${url}/graphql/`, csrfUrl: `${url}/csrf/`, originSecret, timeoutMs });
  return { backend, client, url };
}

function failure(reason: string, text: string): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof BackendError);
    assert.equal(error.reason, reason);
    assert.ok(error.message.includes(text), error.message);
    return true;
  };
}

test("a query sends token, cookie and referrer, and gives the data", async (t) => {
  const { backend, client, url } = await start(t);
  const data = await client.query("query Q($a: Int) { stats { projects } }", { a: 1 });
  assert.deepEqual(data, { stats: { projects: 3 } });
  assert.equal(backend.lastHeaders["x-csrftoken"], "token-1");
  assert.equal(backend.lastHeaders.cookie, "csrftoken=cookie-of-token-1");
  assert.equal(backend.lastHeaders.referer, `${url}/graphql/`);
  assert.deepEqual(JSON.parse(backend.lastBody).variables, { a: 1 });
});

test("every call shows the shared secret, where there is one", async (t) => {
  const shared = await start(t, 5000, "shared");
  await shared.client.query("{ a }");
  assert.deepEqual(shared.backend.secrets, ["shared", "shared"]);
  const none = await start(t);
  await none.client.query("{ a }");
  assert.deepEqual(none.backend.secrets, [undefined, undefined]);
});

test("without a cookie in the answer, the token is the cookie", async (t) => {
  const { backend, client } = await start(t);
  backend.setsCookie = false;
  await client.query("{ stats { projects } }");
  assert.equal(backend.lastHeaders.cookie, "csrftoken=token-1");
});

test("the token is fetched once, for requests at the same time too", async (t) => {
  const { backend, client } = await start(t);
  await Promise.all([client.query("{ a }"), client.query("{ b }")]);
  await client.query("{ c }");
  assert.equal(backend.calls.filter((call) => call === "GET /csrf/").length, 1);
});

test("a token that is no longer accepted is renewed", async (t) => {
  const { backend, client } = await start(t);
  await client.query("{ a }");
  backend.token = "token-2";
  assert.deepEqual(await client.query("{ a }"), { stats: { projects: 3 } });
  assert.equal(backend.calls.filter((call) => call === "GET /csrf/").length, 2);
});

test("a second refusal is not tried again", async (t) => {
  const { backend, client } = await start(t);
  backend.answers.push({ status: 403, body: "no" }, { status: 403, body: "no" });
  await assert.rejects(client.query("{ a }"), failure("refused", "answered 403"));
  assert.equal(backend.calls.filter((call) => call === "POST /graphql/").length, 2);
});

test("errors in the answer are refusals with the backend's words", async (t) => {
  const { backend, client } = await start(t);
  backend.answers.push({ body: { data: null, errors: [{ message: "no such field" }] } });
  await assert.rejects(client.query("{ a }"), failure("refused", "no such field"));
});

test("a lost connection is tried again once", async (t) => {
  const { backend, client } = await start(t);
  backend.answers.push("hang up");
  assert.deepEqual(await client.query("{ a }"), { stats: { projects: 3 } });
  backend.answers.push("hang up", "hang up");
  await assert.rejects(client.query("{ a }"), failure("unreachable", "cannot be reached"));
});

test("a gateway's answer is tried again once", async (t) => {
  const { backend, client } = await start(t);
  backend.answers.push({ status: 503, body: "busy" });
  assert.deepEqual(await client.query("{ a }"), { stats: { projects: 3 } });
  backend.answers.push({ status: 502, body: "bad gateway" }, { status: 502, body: "bad gateway" });
  await assert.rejects(client.query("{ a }"), failure("unreachable", "answered 502"));
});

test("the backend's own 500 is not tried again", async (t) => {
  const { backend, client } = await start(t);
  backend.answers.push({ status: 500, body: "<h1>Server Error</h1>" });
  await assert.rejects(client.query("{ a }"), failure("unreachable", "answered 500"));
  assert.equal(backend.calls.filter((call) => call === "POST /graphql/").length, 1);
});

test("an answer that does not come is given up in time", async (t) => {
  const { backend, client } = await start(t, 200);
  backend.answers.push("hang");
  const started = performance.now();
  await assert.rejects(client.query("{ a }"), failure("unreachable", "did not answer within 200 ms"));
  assert.ok(performance.now() - started < 2000);
});

test("a failed token is not kept", async (t) => {
  const { backend, client } = await start(t);
  backend.csrf = { status: 500, body: "down" };
  await assert.rejects(client.query("{ a }"), failure("unreachable", "without a CSRF token"));
  backend.csrf = null;
  assert.deepEqual(await client.query("{ a }"), { stats: { projects: 3 } });
});
