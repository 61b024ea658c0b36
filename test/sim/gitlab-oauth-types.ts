/** An application that may ask people for their consent. */
export interface GitlabApplication {
  readonly name: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly redirectUris: readonly string[];
  readonly scopes: readonly string[];
}

/** A pair of OAuth tokens that an application holds of a user. Refreshing ends it and makes the next of its family. */
export interface GitlabGrant {
  readonly id: number;
  /** the same for all pairs that came of one consent */
  readonly family: number;
  readonly clientId: string;
  readonly user: number;
  readonly scopes: readonly string[];
  readonly accessToken: string;
  readonly refreshToken: string;
  /** epoch milliseconds */
  readonly createdAt: number;
  readonly expiresAt: number;
  state: 'alive' | 'refreshed' | 'revoked';
}

/** What is given out by OAuth, and how often a refresh worked or came with a token that was used before. */
export interface GitlabOauth {
  readonly applications: GitlabApplication[];
  readonly grants: GitlabGrant[];
  refreshes: number;
  reusedRefreshTokens: number;
}
