import type { Claims } from "@leix/protocol";
import type { z } from "zod";
import type { OfficerName } from "./officer.ts";

/** The words of a message, for its recipients only. Which fields a kind has, its form says (schemas/). */
export interface BodyText {
  readonly text: string;
  /** The case file's own number in the sender's country. */
  readonly nationalReference?: string;
  readonly facts?: string;
  readonly grounds?: string;
  readonly personLink?: string;
  readonly useRestriction?: string;
  readonly urgencyReason?: string;
  readonly persons?: readonly string[];
  /** The words of an H3 restriction. */
  readonly caveat?: string;
  readonly relevance?: string;
  /** Why data of victims, witnesses, informants or minors, or special categories, are indispensable. */
  readonly strictNecessity?: string;
  /** Why an override is used, or copies are withheld. */
  readonly justification?: string;
}

/** What the node fills in. */
type Filled =
  | "v"
  | "aud"
  | "id"
  | "iss"
  | "seq"
  | "prev"
  | "officer"
  | "iat"
  | "copies"
  | "thread"
  | "body"
  | "group";

type DraftOf<C> = C extends Claims
  ? Omit<C, Filled> & {
      /** Beside those to the single points of contact, which the node adds where they are owed. */
      readonly copies?: readonly string[];
      /**
       * The id of a group, whose other members it is to; `to` is empty then. The node finds them, and names
       * the version of the group that it knows.
       */
      readonly group?: string;
      /** Who answers for it. A message that no officer answers for is denied (P02). */
      readonly officer?: OfficerName;
      readonly body?: BodyText;
    }
  : never;

/** Ids as plain strings: what composes the message parses them. */
type Plain<T> = T extends string & z.core.$brand
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Plain<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Plain<T[Key]> }
      : T;

/** A message as whoever sends it thinks of it: its kind, recipients and markings, and its words. */
export type Draft = Plain<DraftOf<Claims>>;
