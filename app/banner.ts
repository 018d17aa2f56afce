import pc from "picocolors";

/** What the launcher says once everything serves: where to connect and how to try it. */
export function welcome(gatewayUrl: string, colours: boolean): string {
  const paint = pc.createColors(colours);
  const cli = (words: string) => `    ${paint.cyan(`node dist/cli/main.js ${words}`)}`;
  return `
  ${paint.bold(paint.green("chatmesh is up"))}   WebSocket ${gatewayUrl.replace(/^http/, "ws")}/v1/ws   HTTP ${gatewayUrl}

  Try it in two other terminals:

${cli("register alice --profile alice")}      then  ${paint.cyan("chat bob --profile alice")}
${cli("register bob --profile bob")}          then  ${paint.cyan("chat alice --profile bob")}

  Ctrl-C stops it; what was acknowledged is kept in the data directory.
`;
}
