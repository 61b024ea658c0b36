import type { ParameterizedContext } from 'koa';

/** Answers a tool that asks an address of ours to repeat what it says, so that it knows whose it is: as plain text, which nothing takes for a page. */
export async function answerProbe(ctx: ParameterizedContext, repeat: (token: string | undefined) => Promise<string>): Promise<void> {
  ctx.set('x-content-type-options', 'nosniff');
  ctx.set('cache-control', 'no-store');
  ctx.type = 'text/plain';
  ctx.body = await repeat(new URLSearchParams(ctx.querystring).get('validationToken') ?? undefined);
}
