import pc from "picocolors";

/** What the launcher says once everything serves: where to connect and how to try it. */
export function welcome(gatewayUrl: string, colours: boolean): string {
  const paint = pc.createColors(colours);
  const cli = (words: string) => `    ${paint.cyan(`node dist/cli/main.js ${words}`)}`;
  return `
  ${paint.bold(paint.green("chatmesh is up"))}   WebSocket ${gatewayUrl.replace(/^http/, "ws")}/v1/ws   HTTP ${gatewayUrl}

  Try it in two other terminals:

${cli("--profile alice register alice")}      then the same with  ${paint.cyan("chat bob")}
${cli("--profile bob register bob")}          then the same with  ${paint.cyan("chat alice")}

  Ctrl-C stops it; what was acknowledged is kept in the data directory.
`;
}
