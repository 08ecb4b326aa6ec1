// SPDX-License-Identifier: GPL-2.0-or-later
//
// Is there an o2net at a peer's address, and would it talk to this host? A kernel that takes a connection
// says its handshake at once; from whom it expects none (a stranger, a node that does not beat, a node that
// is connected already, a lower number) it closes the connection without a word (spec: cluster.md E1.2). Both
// are answers; a refusal and silence are others.
#pragma once

#include <optional>
#include <string>

#include "net/cluster_conf.h"
#include "net/o2net_message.h"

namespace ocfs2 {

struct ProbeResult {
  enum class State {
    greeted,      ///< it said its handshake
    closed,       ///< it took the connection and closed it: an o2net that does not expect us now
    other,        ///< something else listens there: it said what is no handshake, or nothing
    refused,      ///< nobody listens on that port
    unreachable,  ///< no answer, or no way there: a firewall, a host that is off, a wrong address
    no_source,    ///< this host does not have the address that it should call from
  };
  State state;
  std::optional<O2netHandshake> handshake{};  ///< greeted
  int number = 0;                             ///< errno, where there is one
};

/// Calls a node from `own_address` (empty: from any). Says nothing itself and hangs up. Takes `timeout_ms` at
/// most. A call to a node that waits for this one takes the place of the kernel's own call for that moment,
/// so this is not for hosts that are just coming online.
ProbeResult probe_node(const ConfNode& node, const std::string& own_address, unsigned timeout_ms);

}  // namespace ocfs2
