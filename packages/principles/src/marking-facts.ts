import { flag, statement } from "./fact.ts";
import { toOwnMarkings } from "./material.ts";

/** What the sender states about the message, and what is in force on it. */
export const MARKING_FACTS = {
  purpose: statement(
    "Purpose the sender states for this message.",
    ({ claims }) => toOwnMarkings(claims).purpose,
  ),
  handling: statement("The message's own handling code.", ({ claims }) => toOwnMarkings(claims).handling),
  classification: statement(
    "The message's own classification.",
    ({ claims }) => toOwnMarkings(claims).classification,
  ),
  urgencyGround: statement("Ground on which a request is called urgent.", ({ claims }) =>
    claims.kind === "request" ? claims.urgency?.ground : undefined,
  ),
  caveatDeclared: flag(
    "The sender declares that the body holds the words of an H3 restriction.",
    ({ claims }) => toOwnMarkings(claims).declares?.caveat === true,
  ),
  personalData: flag(
    "There are personal data in the message: its sender says so, or something it draws on has them.",
    ({ material }) => material.markings.personal === true,
  ),
  personalBasis: statement(
    "Basis the sender names for moving personal data across the border.",
    ({ claims }) => toOwnMarkings(claims).personal?.basis,
  ),
};
