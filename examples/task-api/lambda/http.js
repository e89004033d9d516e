'use strict';

const headers = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': process.env.WEB_ORIGIN };

/** The identity that the Cognito authorizer has verified. */
exports.ownerOf = (event) => event.requestContext.authorizer.claims.sub;

exports.reply = (statusCode, body) => ({ statusCode, headers, body: body === undefined ? '' : JSON.stringify(body) });

/** The request's JSON object, or undefined where it is something else. */
exports.bodyOf = (event) => {
  try {
    const body = JSON.parse(event.body ?? '');
    return body !== null && typeof body === 'object' && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
};

exports.STATUSES = ['open', 'doing', 'done'];
