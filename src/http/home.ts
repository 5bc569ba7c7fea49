/** `GET /`: what this is and where the API is. @module */
import type { RequestHandler } from 'express';

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Gauntlet</title>
<style>body { font: 16px/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem } pre { background: #8882; padding: 1rem; overflow: auto }</style>
<h1>Gauntlet</h1>
<p>A GraphQL server that measures how robust image classifiers are to adversarial examples.</p>
<p>The API is at <code>/graphql</code>, by POST, and by WebSocket (<code>graphql-transport-ws</code>) for subscriptions. It can be introspected by any GraphQL client.</p>
<pre>curl -s ORIGIN/graphql -H "authorization: Bearer $GAUNTLET_TOKEN" -H 'content-type: application/json' \\
  -d '{"query":"{ evaluations(first: 5) { nodes { model { name } attack { kind epsilon } clean { top1 { value } } adversarial { top1 { value lower upper } } } } }"}'</pre>
<p>A token is asked for on each request. The server prints the first one, an admin's, when it is started for the first time; admins make
others by the mutation <code>createToken</code>.</p>
<p>Model files come in by <code>POST /uploads</code> and <code>PUT /uploads/:id</code>. See also
<a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a> and <a href="/metrics">/metrics</a>.</p>
</html>
`;

export const home: RequestHandler = (request, response) => {
  const host = /^[\w.:[\]-]+$/.test(request.get('host') ?? '') ? request.get('host')! : 'localhost';
  response
    .set('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'")
    .type('html')
    .send(PAGE.replace('ORIGIN', `${request.protocol}://${host}`));
};
