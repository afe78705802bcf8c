import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about enrolling an agency and changing its keys. */
export const ENROLMENT_ERRORS = {
  "enrolment/malformed": {
    when: "A file is not the invitation, request or approval that is expected here.",
    todo: "Take the file as the other side wrote it; if it is, ask for it again by another way.",
  },
  "enrolment/invitation-untrusted": {
    when: "An invitation is not proven from the anchor's key, or is of another exchange, country or agency.",
    todo: "Compare the anchor's thumbprint with the one that you were told; do not go on with this file.",
  },
  "enrolment/invitation-closed": {
    when: "What a request answers is not open at this authority: it has ended, or served another request.",
    todo: "Have the authority make a new invitation (`leix authority invite`), and answer that one.",
  },
  "enrolment/request-refused": {
    when: "A request is not signed by a key that may sign it, was altered, or asks for what cannot be.",
    todo:
      "Compare its digest by telephone. Where the agency's signing key was withdrawn, make an invitation " +
      "(`leix authority invite`), and have it answered; else have the agency make a new request.",
  },
  "enrolment/decryption-proof": {
    when: "A request does not prove that the agency can decrypt to each of its new keys.",
    todo: "Make the request with `leix agency`, for the challenge that the authority gave last.",
  },
  "enrolment/other-keys": {
    when: "An approval is not for the request that was made in this folder, or by another authority.",
    todo: "Join with the approval of this folder's own request (`request.json`).",
  },
  "enrolment/folder-used": {
    when: "The agency's folder has keys already, or waits for the approval of another request.",
    todo: "Join with that approval, or forget it (`leix agency rotate --anew`), or move the folder away.",
  },
  "enrolment/registered-already": {
    when: "The request to be forgotten was approved: its keys are registered, and nobody else has them.",
    todo: "Join with the approval; `leix authority approve` of the same request writes it once more.",
  },
  "enrolment/not-recorded": {
    when: "The exchange does not know the agency's statement yet: it is not published, or not applied.",
    todo: "Ask the authority whether it has published it (`leix authority publish`), and run the same again.",
  },
} as const satisfies Record<string, ErrorText>;
