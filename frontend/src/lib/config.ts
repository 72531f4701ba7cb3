/** Settings of the server, read from the environment each time they are asked for. */

/** What a parameter holds until someone sets it; means the same as "missing". */
export const PLACEHOLDER = "to-be-set-in-aws-console";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface BackendConfig {
  readonly graphqlUrl: string;
  readonly csrfUrl: string;
  /** Shows the backend's own address that this server asks; null where it asks by the load balancer. */
  readonly originSecret: string | null;
  /** How long one page may wait for the backend, in milliseconds. */
  readonly timeoutMs: number;
}

export interface AuthConfig {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly secret: string;
}

/** A setting is missing or unusable; the message names it and says what it should be. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  /** Kept by Next.js when the error crosses to the browser, where messages are not. */
  readonly digest = "NEST_NOT_CONFIGURED";
}

/** Longer than a cold start of the backend, shorter than the load balancer's patience of 60 s. */
const DEFAULT_TIMEOUT_MS = 20_000;

/** The value of a setting, or null while it is missing, empty or the placeholder. */
export function setting(env: Environment, name: string): string | null {
  const value = env[name]?.trim();
  return value && value !== PLACEHOLDER ? value : null;
}

function urlSetting(env: Environment, name: string, example: string): string {
  const value = setting(env, name);
  if (value === null) {
    throw new ConfigurationError(`${name} is not set: set it to the address of the backend, e.g. ${example}`);
  }
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new ConfigurationError(`${name} is not an http(s) address: set it to e.g. ${example}`);
  }
  const url = new URL(value);
  // Put together from parts, addresses get "//" where one part ends and the next begins with "/".
  url.pathname = url.pathname.replace(/\/{2,}/g, "/");
  return url.href;
}

/** @throws ConfigurationError when an address is missing or not an http(s) URL. */
export function backendConfig(env: Environment = process.env): BackendConfig {
  const timeout = Number(setting(env, "NEXT_SERVER_TIMEOUT_MS") ?? DEFAULT_TIMEOUT_MS);
  return {
    graphqlUrl: urlSetting(env, "NEXT_SERVER_GRAPHQL_URL", "https://nest.example.org/graphql/"),
    csrfUrl: urlSetting(env, "NEXT_SERVER_CSRF_URL", "https://nest.example.org/csrf/"),
    originSecret: setting(env, "NEST_ORIGIN_SECRET"),
    timeoutMs: Number.isFinite(timeout) && timeout > 0 ? timeout : DEFAULT_TIMEOUT_MS,
  };
}

/** GitHub sign-in, or null while one of its three settings is missing. */
export function authConfig(env: Environment = process.env): AuthConfig | null {
  const clientId = setting(env, "NEXT_SERVER_GITHUB_CLIENT_ID");
  const clientSecret = setting(env, "NEXT_SERVER_GITHUB_CLIENT_SECRET");
  const secret = setting(env, "NEXTAUTH_SECRET");
  return clientId && clientSecret && secret ? { clientId, clientSecret, secret } : null;
}
