// The pages that nest.toml's probes ask for; one of them is read from the backend at the function's own address.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const home = readFileSync(new URL("page.html", import.meta.url), "utf8");

async function projects() {
  const answer = await fetch(process.env.NEXT_SERVER_GRAPHQL_URL, {
    method: "POST",
    headers: { "content-type": "application/json", "x-origin-verify": process.env.NEST_ORIGIN_SECRET },
    body: JSON.stringify({ query: "{ projects { total } }" }),
  });
  const { data } = await answer.json();
  return `<a href="/projects/of-${data.projects.total}">${data.projects.total}</a>`;
}

async function page(path) {
  if (path === "/") return [200, home];
  if (path === "/api/health") return [200, "ok"];
  if (path === "/projects") return [200, await projects()];
  return [404, "not found"];
}

createServer(async (request, response) => {
  const [status, text] = await page(new URL(request.url, "http://x").pathname).catch((error) => [500, String(error)]);
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(text);
}).listen(Number(process.env.PORT ?? 3000), process.env.HOSTNAME ?? "0.0.0.0");
