import type { StatementContent } from "@leix/client";
import type { AgencyStatement, AuthorityStatement } from "@leix/protocol";

/** What a statement says, for the next version of it: without what signing says of each version. */
export function toContent(statement: AgencyStatement | AuthorityStatement): StatementContent {
  const { v: _v, aud: _aud, iss: _iss, iat: _iat, version: _version, ...content } = statement;
  return content;
}
