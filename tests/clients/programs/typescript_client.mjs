// List and call tools with the TypeScript SDK; prints what came of it as JSON.
// node typescript_client.mjs <folder of the SDK> <url>
import { pathToFileURL } from "node:url";

const [sdk, url] = process.argv.slice(2);
const load = (path) => import(pathToFileURL(`${sdk}/dist/esm/${path}`));
const { Client } = await load("client/index.js");
const { StreamableHTTPClientTransport } = await load("client/streamableHttp.js");

const client = new Client({ name: "test", version: "1" });
const transport = new StreamableHTTPClientTransport(new URL(url));
await client.connect(transport);
await client.ping();
const { tools } = await client.listTools();
const echo = await client.callTool({ name: "echo", arguments: { text: "héllo" } });
const failed = await client.callTool({ name: "test_error_handling", arguments: {} });
const progress = [];
await client.callTool({ name: "test_tool_with_progress", arguments: {} }, undefined, {
  onprogress: (step) => progress.push(step.progress),
});
let unknown = null;
try {
  await client.listResources();
} catch (error) {
  unknown = error.code ?? String(error);
}
const session = transport.sessionId;
await transport.terminateSession();
let ended = null;
const again = new StreamableHTTPClientTransport(new URL(url), { sessionId: session });
const late = new Client({ name: "late", version: "1" });
await late.connect(again).catch(() => {});
try {
  await late.listTools();
} catch (error) {
  ended = String(error.message);
}
await client.close();
console.log(
  JSON.stringify({
    server: client.getServerVersion().name,
    session: typeof session,
    tools: tools.map((tool) => tool.name),
    echo: echo.content[0].text,
    failed: [failed.isError, failed.content[0].text],
    progress,
    unknown,
    ended,
  }),
);
