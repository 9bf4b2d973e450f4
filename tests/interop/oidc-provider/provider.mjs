// A real OpenID provider (npm oidc-provider) with the smallest FHIR server before it that SMART needs.
// usage: node provider.mjs FOLDER: writes the agent's keys there, prints one line of JSON when it is ready.
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { Provider } from 'oidc-provider';

const folder = process.argv[2];
const server = createServer();
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}`;
const base = `${origin}/fhir`;

// SMART Backend Services: one client for each of the two algorithms.
const agent = (alg, type, options) => {
  const { privateKey, publicKey } = generateKeyPairSync(type, options);
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' });
  writeFileSync(join(folder, `${alg}.pem`), pem, { mode: 0o600 });
  return {
    client_id: `agent-${alg}`, grant_types: ['client_credentials'], redirect_uris: [], response_types: [],
    token_endpoint_auth_method: 'private_key_jwt', token_endpoint_auth_signing_alg: alg,
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: `key-${alg}`, alg, use: 'sig' }] },
  };
};

const signing = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' });
const provider = new Provider(origin, {
  clients: [
    {
      client_id: 'tern-desktop', application_type: 'native', token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
      // RFC 8252: a native client's loopback address may come with any port.
      redirect_uris: ['http://127.0.0.1/callback'],
    },
    agent('RS384', 'rsa', { modulusLength: 2048 }),
    agent('ES384', 'ec', { namedCurve: 'P-384' }),
    {
      client_id: 'agent-secret', client_secret: 's3cret:/+ &%', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [], token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  jwks: { keys: [{ ...signing, use: 'sig', alg: 'RS256' }] },
  enabledJWA: { clientAuthSigningAlgValues: ['RS384', 'ES384'] },
  scopes: ['openid', 'offline_access', 'fhirUser', 'user/*.cruds', 'system/*.cruds'],
  claims: { openid: ['sub'], fhirUser: ['fhirUser'] },
  conformIdTokenClaims: false,
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: async () => ({ sub: id, fhirUser: `${base}/Practitioner/${id}` }),
  }),
  pkce: { required: () => true },
  rotateRefreshToken: true,
  cookies: { keys: ['for tests only'] },
  features: { clientCredentials: { enabled: true }, revocation: { enabled: true } },
});

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};
const oidc = provider.callback();
server.on('request', async (request, response) => {
  if (!request.url.startsWith('/fhir/')) return oidc(request, response);
  if (request.url === '/fhir/.well-known/smart-configuration') {
    const openid = await (await fetch(`${origin}/.well-known/openid-configuration`)).json();
    return json(response, 200, { ...openid, capabilities: ['launch-standalone', 'permission-v2'] });
  }
  const token = request.headers.authorization?.replace(/^Bearer /, '');
  const known = token && ((await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token)));
  if (!known || known.isExpired) return json(response, 401, {});
  return json(response, 200, { resourceType: 'Task', id: '7' });
});
console.log(JSON.stringify({ base }));
