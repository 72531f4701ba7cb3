export const dynamic = "force-dynamic";

/** Says that this process serves, whatever the state of the backend: the load balancer asks it. */
export function GET(): Response {
  return Response.json(
    { status: "ok", release: process.env["NEST_RELEASE"] ?? "unreleased" },
    { headers: { "Cache-Control": "no-store" } },
  );
}
