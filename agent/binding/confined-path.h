/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BINDING_CONFINED_PATH_H
#define BINDING_CONFINED_PATH_H 1

/* Paths that come in a binding, such as that of a vhost-user socket: whoever
 * sends them shall not reach with vifd's rights what they cannot reach by
 * themselves.  So they lie in directories that the operator has named, and
 * they are opened without following a link.  Whoever opens one uses the
 * descriptor of its directory and its last name from then on, never the path
 * again. */

#include <stddef.h>

#include <vif/error.h>

/* As a UNIX socket can have: sun_path without its null byte, unix(7). */
#define CONFINED_PATH_MAX 107

/* Whether 'path' is absolute and beneath one of the 'n' 'directories', has no
 * empty component and none that is "." or "..", no control character, and at
 * most CONFINED_PATH_MAX bytes.  Pure. */
struct vif_error *confined_path_check(const char *path,
                                      char *const *directories, size_t n)
    VIF_WARN_UNUSED;

/* Opens with O_PATH the directory that 'path' lies in, which the caller
 * closes, and stores where in 'path' the last name begins.  No component
 * beneath the operator's directory may be a link; neither that nor the opened
 * one may belong to another user than root and vifd's own, nor be writable for
 * everybody.  May block for as long as the file system does. */
struct vif_error *confined_path_open(const char *path,
                                     char *const *directories, size_t n,
                                     int *fdp, const char **namep)
    VIF_WARN_UNUSED;

/* The same without openat2(2), which Linux has since 5.6: component by
 * component.  For the tests; confined_path_open() falls back to it. */
struct vif_error *confined_path_walk(const char *path,
                                     char *const *directories, size_t n,
                                     int *fdp, const char **namep)
    VIF_WARN_UNUSED;

#endif /* binding/confined-path.h */
