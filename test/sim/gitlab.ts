import { randomBytes } from 'node:crypto';
import { apiRoutes } from './gitlab-api.ts';
import { consentRoutes } from './gitlab-consent.ts';
import { makeEntities } from './gitlab-entities.ts';
import { byFetch, makeHookSender } from './gitlab-hooks.ts';
import { makeIssueDesk } from './gitlab-issues.ts';
import { makeOauth } from './gitlab-oauth.ts';
import { pageRoutes } from './gitlab-pages.ts';
import { findProject } from './gitlab-rights.ts';
import type { AccessLevel, GitlabOptions, GitlabProject, GitlabSim, GitlabState, GitlabUser } from './gitlab-types.ts';
import { startServer } from './kit.ts';

export type * from './gitlab-oauth-types.ts';
export type * from './gitlab-types.ts';

/** A stand-in for GitLab on 127.0.0.1: REST API v4, web pages for people, project webhooks, OAuth 2.0. */
export async function startGitlab(options: GitlabOptions = {}): Promise<GitlabSim> {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const state: GitlabState = { users: [], tokens: [], projects: new Map(), hooks: [], oauth: { applications: [], grants: [], refreshes: 0, reusedRefreshTokens: 0 } };
  const listeners = new Set<() => void>();
  const changed = (): void => {
    for (const listener of listeners) listener();
  };
  const onChange = (listener: () => void): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  let lastId = 1_000;
  const nextId = (): number => (lastId += 1);
  let base = '';
  const url = (): string => base;

  const sender = makeHookSender(state, { url, now, courier: options.courier ?? byFetch(options.hookTimeout ?? 10_000), changed });
  const desk = makeIssueDesk(state, { now, nextId, url, emit: (event) => sender.emit(event), changed });
  const entities = makeEntities(state, url, now);
  const oauth = makeOauth(state, { now, nextId, life: options.oauthTokenLife ?? 7_200, changed });

  const server = await startServer({
    name: 'gitlab',
    port: options.port ?? 0,
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(options.record === undefined ? {} : { record: options.record }),
    ...(options.wireless === undefined ? {} : { wireless: options.wireless }),
    now,
    random,
    api: /^\/(?:api\/|oauth\/(?:token|revoke)$)/,
    routes: {
      ...apiRoutes({ state, desk, entities, sender, url, now, nextId, changed, signing: options.signing ?? true, rateLimit: options.rateLimit ?? 2_000 }),
      ...oauth.routes,
      ...consentRoutes({ state, oauth }),
      ...pageRoutes({ state, desk, onChange }),
    },
    // https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
    faultAnswer: (status, retryAfter) => {
      const after = retryAfter ?? 60;
      const limits = { 'Retry-After': String(after), 'RateLimit-Remaining': '0', 'RateLimit-Reset': String(Math.ceil(now() / 1000) + after) };
      return status === 429 ? { status, text: 'Retry later\n', headers: limits } : { status, body: { message: `${status} a fault switch of the simulator is on` } };
    },
  });
  base = server.url;

  const project = (idOrPath: number | string): GitlabProject => {
    const found = findProject(state, idOrPath);
    if (!found) throw new Error(`There is no project ${idOrPath}`);
    return found;
  };
  const user = (username: string): GitlabUser => {
    const found = state.users.find((one) => one.username === username);
    if (!found) throw new Error(`There is no user ${username}`);
    return found;
  };

  return {
    url: base,
    state,
    requests: server.requests,
    faults: server.faults,
    handle: server.handle,
    hooks: sender.switches,
    deliveries: sender.deliveries,
    onChange,
    project,
    user,
    addUser(username, name) {
      const added: GitlabUser = { id: nextId(), username, name, email: `${username}@example.org` };
      state.users.push(added);
      return added;
    },
    addToken(username, { scopes = ['api'], expiresAt, name = 'Tandem' } = {}) {
      const token = {
        id: nextId(),
        value: `glpat-${randomBytes(15).toString('base64url')}`,
        user: user(username).id,
        name,
        scopes: [...scopes],
        revoked: false,
        createdAt: new Date(now()).toISOString(),
        ...(expiresAt === undefined ? {} : { expiresAt }),
      };
      state.tokens.push(token);
      return token;
    },
    addProject(path, members: Readonly<Record<string, AccessLevel>>, { name, description = '', visibility = 'private' } = {}) {
      const at = new Date(now()).toISOString();
      const added: GitlabProject = {
        id: nextId(),
        path,
        name: name ?? path.split('/').at(-1) ?? path,
        description,
        visibility,
        members: new Map(Object.entries(members).map(([username, level]) => [user(username).id, level])),
        labels: [],
        issues: new Map(),
        nextIid: 1,
        createdAt: at,
        lastActivityAt: at,
      };
      state.projects.set(added.id, added);
      return added;
    },
    setMember(idOrPath, username, level) {
      const { members } = project(idOrPath);
      if (level === undefined) members.delete(user(username).id);
      else members.set(user(username).id, level);
      changed();
    },
    addLabel(idOrPath, name, color) {
      const label = { id: nextId(), name, color, description: '' };
      project(idOrPath).labels.push(label);
      return label;
    },
    as(username) {
      const who = user(username);
      const at = (idOrPath: number | string): GitlabProject => desk.project(who, idOrPath);
      const update: ReturnType<GitlabSim['as']>['updateIssue'] = (idOrPath, iid, params) => desk.update(who, at(idOrPath), desk.issue(who, at(idOrPath), iid), params);
      return {
        createIssue: (idOrPath, params) => desk.create(who, at(idOrPath), params),
        updateIssue: update,
        closeIssue: (idOrPath, iid) => update(idOrPath, iid, { state_event: 'close' }),
        reopenIssue: (idOrPath, iid) => update(idOrPath, iid, { state_event: 'reopen' }),
        deleteIssue: (idOrPath, iid) => desk.remove(who, at(idOrPath), desk.issue(who, at(idOrPath), iid)),
        moveIssue: (idOrPath, iid, to) => desk.move(who, at(idOrPath), desk.issue(who, at(idOrPath), iid), at(to)),
        addNote: (idOrPath, iid, body) => desk.note(who, at(idOrPath), desk.issue(who, at(idOrPath), iid), body, false),
      };
    },
    revokeToken(value) {
      for (const token of state.tokens) if (token.value === value) token.revoked = true;
    },
    addApplication({ name, redirectUris, scopes = ['api'] }) {
      const application = { name, clientId: randomBytes(32).toString('hex'), clientSecret: `gloas-${randomBytes(32).toString('hex')}`, redirectUris: [...redirectUris], scopes: [...scopes] };
      state.oauth.applications.push(application);
      return application;
    },
    revokeOauth: (username) => oauth.revokeAll(user(username).id),
    settled: () => sender.settled(),
    close: () => server.close(),
  };
}
