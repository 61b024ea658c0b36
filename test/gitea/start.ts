import { PASSWORD, USERS } from './content.ts';
import { findGitea, HOW, startGitea } from './server.ts';

// `npm run gitea`: a real Gitea for a person to play with. Every start is fresh; Ctrl-C ends it and forgets what was done.

if (!(await findGitea())) {
  console.error(HOW);
  process.exit(1);
}
const gitea = await startGitea({ port: Number(process.env['PORT'] ?? 3003) });
const stop = (): void => void gitea.close().then(() => process.exit(0));
process.once('SIGINT', stop);
process.once('SIGTERM', stop);

const rows = USERS.map(({ name, permission }) => `  ${name}   ${PASSWORD}   ${gitea.tokens[name]}   ${permission}`);
console.log(`
Gitea runs at ${gitea.url}, with issues in ${gitea.url}/acme/roadmap

  user  password      access token                               in acme/roadmap
${rows.join('\n')}

Tandem against it:  GITEA_URL=${gitea.url} npm start

Its pages have no style sheet in this build; everything works. Ctrl-C stops it.
`);
