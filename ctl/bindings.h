/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CTL_BINDINGS_H
#define CTL_BINDINGS_H 1

/* Bindings as JSON, out of the options of "plug" and "plan" and out of files.
 * Whether they make sense is for vifd to say. */

#include <stdbool.h>

#include <jansson.h>

#include "ctl/command.h"

struct invocation;
struct session;

/* The operand PORT and one option for each member of a binding. */
extern const struct argument binding_arguments[];

/* --file. */
extern const struct argument binding_file_arguments[];

/* For struct command: one port, or a file; or neither. */
const char *bindings_validate(const struct invocation *);
const char *bindings_validate_or_none(const struct invocation *);

/* The bindings that the command line asks for, as an array: the one of the
 * options, or those of "--file" with the options laid over each.  '*many'
 * tells whether the user gave more than one, or a list.  Tells the user why it
 * failed; then '*bindings' is NULL. */
enum status bindings_read(struct session *, json_t **bindings, bool *many);

/* The ids of ports in the file that "--file" names, as an array of strings:
 * one a line, or JSON with bindings or strings in it. */
enum status bindings_read_ports(struct session *, json_t **port_ids);

/* The member "port_id" of 'binding', or "?". */
const char *binding_port_id(const json_t *binding);

#endif /* ctl/bindings.h */
