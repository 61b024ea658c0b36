import type { MiroConfig } from '../config.ts';
import type { SignIn } from '../ports.ts';

/** Where a member's own Miro account is kept in the store: Miro has one site. */
export const MIRO = { tool: 'miro', site: 'miro' } as const;

/**
 * Miro's OAuth 2.0 code flow. Parameters of the token call go in the body as a form; ids in the answer may be bare 19-digit numbers.
 * Sources: developers.miro.com/reference/ne-exchange-authorization-code-with-access-token, /reference/get-new-access-token-using-refresh-token.
 */
export function miroSignIn(miro: MiroConfig): Extract<SignIn, { kind: 'oauth' }> {
  return {
    kind: 'oauth',
    authorizeUrl: `${miro.web}/oauth/authorize`,
    tokenUrl: `${miro.api}/v1/oauth/token`,
    clientId: miro.clientId,
    clientSecret: miro.clientSecret,
  };
}
