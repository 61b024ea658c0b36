import type { ChoiceBody, DisconnectAnswer, PairBody, PairsAnswer, PairView, StuckBody, TeamAnswer } from '@tandem/shared/api';
import { createApi, path, type Api, type Caller } from './api.ts';

/** What the settings page calls: the panel's routes, and those of a team and of pairs. */
export interface SettingsApi extends Api {
  team(): Promise<TeamAnswer>;
  /** Disconnects another member. */
  removeAccount(user: string, tool: string, site: string): Promise<DisconnectAnswer>;
  /** Tries again what was given up: one task, or all of the team's. */
  replay(body: StuckBody): Promise<void>;
  pairs(): Promise<PairsAnswer>;
  pair(body: PairBody): Promise<PairView>;
  choose(pair: string, body: ChoiceBody): Promise<void>;
  /** Ends a pause, or tries again what was refused. */
  resume(pair: string): Promise<void>;
  letGo(pair: string): Promise<void>;
}

/** The routes of the settings page. */
export function createSettingsApi(call: Caller): SettingsApi {
  return {
    ...createApi(call),
    team: () => call('/team'),
    removeAccount: (user, tool, id) => call(path('members', user, 'accounts', tool, id), { method: 'DELETE', again: true }),
    replay: (body) => call('/team/stuck', { method: 'POST', body, again: true }),
    pairs: () => call('/pairs'),
    pair: (body) => call('/pairs', { method: 'POST', body, again: true }),
    choose: (pair, body) => call(path('pairs', pair, 'choice'), { method: 'POST', body }),
    resume: (pair) => call(path('pairs', pair, 'resume'), { method: 'POST', again: true }),
    letGo: (pair) => call(path('pairs', pair), { method: 'DELETE', again: true }),
  };
}
