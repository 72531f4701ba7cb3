/** A GraphQL client for a backend that protects POST requests with Django's CSRF check. */

import type { BackendConfig } from "./config.ts";

export type Variables = Readonly<Record<string, unknown>>;

type Reason = "unreachable" | "refused";

/**
 * The backend gave no usable answer.
 *
 * `unreachable`: no answer in time, or a gateway's answer; trying again may help.
 * `refused`: it answered, and the answer is an error; trying again will not help.
 */
export class BackendError extends Error {
  override readonly name = "BackendError";
  readonly reason: Reason;
  /** Kept by Next.js when the error crosses to the browser, where messages are not. */
  readonly digest: string;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
    this.digest = reason === "unreachable" ? "NEST_BACKEND_UNREACHABLE" : "NEST_BACKEND_REFUSED";
  }
}

interface CsrfToken {
  readonly token: string;
  readonly cookies: string;
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const RETRY_PAUSE_MS = 250;
/** What a load balancer or a throttled function answers while nothing is there to serve. */
const GATEWAY_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

export class GraphQLClient {
  readonly #config: BackendConfig;
  readonly #fetch: Fetch;
  #csrf: Promise<CsrfToken> | null = null;

  constructor(config: BackendConfig, fetchFunction: Fetch = (url, init) => fetch(url, init)) {
    this.#config = config;
    this.#fetch = fetchFunction;
  }

  /**
   * The `data` of one query. A query changes nothing, so one lost on the way is sent again once.
   *
   * @throws BackendError
   */
  async query<Data>(document: string, variables: Variables = {}): Promise<Data> {
    const signal = AbortSignal.timeout(this.#config.timeoutMs);
    const body = JSON.stringify({ query: document, variables });
    let response = await this.#post(body, signal);
    if (response.status === 403) {
      // The token is older than the backend's key, or its cookie has expired.
      await response.body?.cancel();
      this.#csrf = null;
      response = await this.#post(body, signal);
    }
    return this.#data<Data>(response);
  }

  async #data<Data>(response: Response): Promise<Data> {
    const url = this.#config.graphqlUrl;
    let answer: { data?: Data | null; errors?: readonly { message?: string }[] };
    try {
      answer = await response.json();
    } catch (cause) {
      throw new BackendError(
        response.status >= 500 ? "unreachable" : "refused",
        `${url} answered ${response.status} without JSON`,
        { cause },
      );
    }
    if (answer?.errors?.length) {
      const messages = answer.errors.map((error) => error.message ?? "no message").join("; ");
      throw new BackendError("refused", `${url} answered ${response.status}: ${messages}`);
    }
    if (!response.ok || !answer?.data) {
      throw new BackendError(
        response.status >= 500 ? "unreachable" : "refused",
        `${url} answered ${response.status} without data`,
      );
    }
    return answer.data;
  }

  async #post(body: string, signal: AbortSignal): Promise<Response> {
    const { token, cookies } = await this.#token(signal);
    const { graphqlUrl } = this.#config;
    return this.#send(graphqlUrl, {
      method: "POST",
      headers: {
        accept: "application/json",
        "content-type": "application/json",
        cookie: cookies,
        // Over HTTPS, Django wants a referrer of its own host beside the token.
        referer: graphqlUrl,
        "x-csrftoken": token,
      },
      body,
      signal,
    });
  }

  /** The token in memory, or a new one; requests that need it at the same time share one call. */
  #token(signal: AbortSignal): Promise<CsrfToken> {
    if (this.#csrf === null) {
      const pending = this.#fetchToken(signal);
      pending.catch(() => {
        if (this.#csrf === pending) this.#csrf = null;
      });
      this.#csrf = pending;
    }
    return this.#csrf;
  }

  async #fetchToken(signal: AbortSignal): Promise<CsrfToken> {
    const url = this.#config.csrfUrl;
    const response = await this.#send(url, { headers: { accept: "application/json" }, signal });
    let token: unknown;
    try {
      token = ((await response.json()) as { csrftoken?: unknown } | null)?.csrftoken;
    } catch {
      token = undefined;
    }
    if (!response.ok || typeof token !== "string" || token === "") {
      throw new BackendError(
        response.status >= 500 ? "unreachable" : "refused",
        `${url} answered ${response.status} without a CSRF token`,
      );
    }
    const cookies = response.headers.getSetCookie().map((cookie) => cookie.split(";", 1)[0] ?? "");
    return { token, cookies: cookies.join("; ") || `csrftoken=${token}` };
  }

  async #send(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    // Each request asks anew: pages show what the database holds now.
    const headers = new Headers(init.headers);
    if (this.#config.originSecret !== null) headers.set("x-origin-verify", this.#config.originSecret);
    // No redirect is followed, so the secret goes nowhere else.
    const request: RequestInit = { ...init, headers, cache: "no-store", redirect: "error" };
    for (let attempt = 1; ; attempt += 1) {
      const last = attempt === 2;
      try {
        const response = await this.#fetch(url, request);
        if (!GATEWAY_STATUSES.has(response.status)) return response;
        await response.body?.cancel();
        if (last) throw new BackendError("unreachable", `${url} answered ${response.status}`);
      } catch (cause) {
        if (cause instanceof BackendError) throw cause;
        if (init.signal.aborted) {
          throw new BackendError("unreachable", `${url} did not answer within ${this.#config.timeoutMs} ms`, { cause });
        }
        if (last) throw new BackendError("unreachable", `${url} cannot be reached`, { cause });
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_PAUSE_MS));
    }
  }
}
