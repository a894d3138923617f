// PostGraphile 5 with its defaults and the connection filter, over the schema named plain. Without introspection in the
// browser, subscriptions or mutations, which nobody asks for here.
// Usage: node postgraphile.js DATABASE_URL PORT
import { createServer } from "node:http";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { PostGraphileConnectionFilterPreset } from "postgraphile-plugin-connection-filter";

const [connectionString, port] = process.argv.slice(2);

const pgl = postgraphile({
  extends: [PostGraphileAmberPreset, PostGraphileConnectionFilterPreset],
  pgServices: [makePgService({ connectionString, schemas: ["plain"] })],
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  grafast: { explain: false },
  schema: { defaultBehavior: "-insert -update -delete" },
});
const server = createServer();
server.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
const serv = pgl.createServ(grafserv);
await serv.addTo(server);
server.listen(Number(port), "127.0.0.1");
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => process.exit(0));
}
