// A small issuer of access tokens (OpenID Connect), for programs with a secret of their own: enough to be trusted by a server.

import { createServer } from 'node:http';
import { generateKeyPairSync, sign } from 'node:crypto';

const encoded = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Starts it. `programs` are their ids, each with { secret, roles }. Gives { url, token, stop }; `token` is where programs ask. */
export async function startIssuer({ audience, programs }) {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: 'first', alg: 'RS256', use: 'sig' };
  let url;

  function tokenFor(id, { roles }) {
    const now = Math.floor(Date.now() / 1000);
    const claims = { iss: url, aud: audience, iat: now, exp: now + 300, client_id: id, roles };
    const text = `${encoded({ alg: 'RS256', kid: key.kid, typ: 'at+jwt' })}.${encoded(claims)}`;
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64url')}`;
  }

  async function answer(request) {
    switch (request.url) {
      case '/.well-known/openid-configuration':
        return [200, { issuer: url, jwks_uri: `${url}/keys`, token_endpoint: `${url}/token` }];
      case '/keys':
        return [200, { keys: [key] }];
      case '/token': {
        let body = '';
        for await (const part of request) body += part;
        const asked = new URLSearchParams(body);
        const program = programs[asked.get('client_id')];
        if (!program || program.secret !== asked.get('client_secret')) return [401, { error: 'invalid_client' }];
        return [200, { access_token: tokenFor(asked.get('client_id'), program), token_type: 'Bearer', expires_in: 300 }];
      }
      default:
        return [404, {}];
    }
  }

  const server = createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  url = `http://127.0.0.1:${server.address().port}`;
  return { url, token: `${url}/token`, stop: () => server.close() };
}
