// SPDX-License-Identifier: GPL-2.0-or-later
//
// A host on which everything is as it must be, and one thing after the other that is not.
#include "engine/cluster/doctor.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include "tests/worlds/fake_host.h"
#include "tests/worlds/scratch_directory.h"

namespace ocfs2 {
namespace {

namespace fs = std::filesystem;
using State = ProbeResult::State;

constexpr char fencing[] = "common { disk { fencing resource-and-stonith; } }\n";
constexpr char region[] = "632A924FDD844190BDA93C0DF6B94899";

/// Two nodes, kvm1 (this host) and kvm2, with global heartbeat on one region.
class Patient {
 public:
  Patient() {
    host.mounted = {"configfs /sys/kernel/config", "ocfs2_dlmfs /dlm", "debugfs /sys/kernel/debug"};
    write("sys/fs/ocfs2/cluster_stack", "o2cb\n");
    write("sys/fs/o2cb/interface_revision", "5\n");
    write("proc/sys/fs/ocfs2/nm/hb_ctl_path", "/sbin/ocfs2_hb_ctl\n");
    write("sbin/ocfs2_hb_ctl", "");
    write("proc/sys/kernel/panic", "30\n");
    write("proc/sys/kernel/panic_on_oops", "1\n");
    write("etc/default/o2cb", "O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=san\n");
    write("etc/ocfs2/cluster.conf", conf);
    write(cluster + "heartbeat/mode", "global\n");
    write(cluster + "heartbeat/dead_threshold", "31\n");
    write(cluster + "idle_timeout_ms", "30000\n");
    write(cluster + "keepalive_delay_ms", "2000\n");
    write(cluster + "reconnect_delay_ms", "2000\n");
    write(cluster + "heartbeat/" + region + "/dev", "sdb1\n");
    node("kvm1", "1", "10.0.0.1", "1");
    node("kvm2", "2", "10.0.0.2", "0");
  }

  void write(const std::string& name, const std::string& text) { scratch.text_file(name, text); }
  void remove(const std::string& name) { fs::remove_all(scratch / name); }
  void node(const std::string& name, const std::string& number, const std::string& address,
            const std::string& local) {
    const std::string folder = cluster + "node/" + name + "/";
    write(folder + "num", number + "\n");
    write(folder + "ipv4_address", address + "\n");
    write(folder + "ipv4_port", "7777\n");
    write(folder + "local", local + "\n");
  }
  void change_conf(const std::string& old, const std::string& fresh) {
    conf.replace(conf.find(old), old.size(), fresh);
    write("etc/ocfs2/cluster.conf", conf);
  }

  /// A session with a daemon behind it.
  void iscsi(const std::string& state, const std::string& seconds, const std::string& address) {
    write("sys/class/iscsi_session/session1/state", state + "\n");
    write("sys/class/iscsi_session/session1/targetname", "iqn.2026-01.lab:disk01\n");
    write("sys/class/iscsi_session/session1/recovery_tmo", seconds + "\n");
    write("sys/class/iscsi_connection/connection1:0/persistent_address", address + "\n");
    write("run/iscsid.pid", "77\n");
    write("proc/77/comm", "iscsid\n");
  }

  std::vector<HostFinding> examine() {
    DoctorWorld world{.host = host, .tree = tree, .root = scratch / "."};
    world.conf_path = scratch / "etc/ocfs2/cluster.conf";
    world.host_name = host_name;
    world.addresses = addresses;
    world.volumes = {volume};
    world.clock_kept = clock_kept;
    world.probe = [this](const ConfNode&, const std::string&) { return answer; };
    return examine_cluster(world);
  }

  ScratchDirectory scratch;
  FakeHost host;
  SystemTree tree;
  std::string host_name = "kvm1.example.org";
  bool clock_kept = true;
  std::vector<std::string> addresses{"127.0.0.1", "10.0.0.1"};
  SeenVolume volume{"/dev/sdb1", region, "data", {false, "o2cb", "san", true}, 4, false};
  ProbeResult answer{State::closed};
  std::string cluster = "sys/kernel/config/cluster/san/";
  std::string conf =
      "cluster:\n\tname = san\n\theartbeat_mode = global\n\tnode_count = 2\n\n"
      "heartbeat:\n\tregion = 632A924FDD844190BDA93C0DF6B94899\n\tcluster = san\n\n"
      "node:\n\tname = kvm1\n\tnumber = 1\n\tip_address = 10.0.0.1\n\tip_port = 7777\n\tcluster = san\n\n"
      "node:\n\tname = kvm2\n\tnumber = 2\n\tip_address = 10.0.0.2\n\tip_port = 7777\n\tcluster = san\n";
};

/// The same host under corosync and dlm_controld instead.
void use_pcmk(Patient& patient) {
  patient.remove("etc/default/o2cb");
  patient.remove("etc/ocfs2/cluster.conf");
  patient.remove(patient.cluster);
  patient.host.unmount("/dlm");
  patient.write("sys/fs/ocfs2/cluster_stack", "pcmk\n");
  patient.write("sys/kernel/config/dlm/cluster/cluster_name", "san\n");
  patient.write("etc/dlm/dlm.conf", "protocol=tcp\n");
  patient.volume.cluster = {false, "pcmk", "san", false};
}

struct Case {
  const char* code;
  const char* words;
  void (*damage)(Patient&);
};

const Case cases[] = {
    {"NO_STACK_GLUE", "ocfs2_stackglue is not loaded",
     [](Patient& p) { p.remove("sys/fs/ocfs2/cluster_stack"); }},
    {"STACK_DIFFERS", "the kernel uses the cluster stack pcmk, the settings say o2cb",
     [](Patient& p) { p.write("sys/fs/ocfs2/cluster_stack", "pcmk\n"); }},
    {"NO_CONFIGFS", "configfs is not mounted", [](Patient& p) { p.host.unmount("/sys/kernel/config"); }},
    {"NO_NODEMANAGER", "ocfs2_nodemanager is not loaded",
     [](Patient& p) { p.remove("sys/kernel/config/cluster"); }},
    {"NO_DLMFS", "cannot lock volumes", [](Patient& p) { p.host.unmount("/dlm"); }},
    {"NO_DEBUGFS", "debugfs is not mounted", [](Patient& p) { p.host.unmount("/sys/kernel/debug"); }},
    {"KERNEL_TOO_NEW", "revision 6, this program knows up to 5",
     [](Patient& p) { p.write("sys/fs/o2cb/interface_revision", "6\n"); }},
    {"NO_HB_CTL", "the kernel runs /sbin/ocfs2_hb_ctl at each unmount, which is not there",
     [](Patient& p) { p.remove("sbin/ocfs2_hb_ctl"); }},
    {"SETTINGS", "O2CB_HEARTBEAT_THRESHOLD is \"x\"",
     [](Patient& p) {
       p.write("etc/default/o2cb", "O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=san\nO2CB_HEARTBEAT_THRESHOLD=x\n");
     }},
    {"NOT_AT_BOOT", "does not start at boot",
     [](Patient& p) { p.write("etc/default/o2cb", "O2CB_BOOTCLUSTER=san\n"); }},
    {"NO_CONFIGURATION", "is missing or empty", [](Patient& p) { p.remove("etc/ocfs2/cluster.conf"); }},
    {"CONFIGURATION", "line 12: unknown key \"numbr\", did you mean \"number\"?",
     [](Patient& p) { p.change_conf("number = 1", "numbr = 1"); }},
    {"CLUSTER_NOT_NAMED", "has several clusters",
     [](Patient& p) {
       p.write("etc/default/o2cb", "O2CB_ENABLED=true\n");
       p.remove(p.cluster);
       p.write("etc/ocfs2/cluster.conf", p.conf + "\ncluster:\n\tname = lab\n\tnode_count = 0\n");
     }},
    {"CLUSTER_NOT_WRITTEN", "cluster 'nas' is not in",
     [](Patient& p) { p.write("etc/default/o2cb", "O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=nas\n"); }},
    {"HOST_IS_NO_NODE", "this host is called 'kvm3', the nodes of cluster 'san' are kvm1, kvm2",
     [](Patient& p) { p.host_name = "kvm3"; }},
    {"ADDRESS_NOT_HERE", "gives this host the address 10.0.0.1, but its interfaces have 10.9.9.9",
     [](Patient& p) { p.addresses = {"10.9.9.9"}; }},
    {"NOT_REGISTERED", "cluster 'san' is not registered", [](Patient& p) { p.remove(p.cluster); }},
    {"OTHER_CLUSTER", "cluster 'lab' is registered, but 'san' is to run here",
     [](Patient& p) {
       p.remove(p.cluster);
       p.write("sys/kernel/config/cluster/lab/heartbeat/mode", "local\n");
     }},
    {"NODE_NOT_REGISTERED", "node 'kvm2' is in cluster.conf, but the kernel does not know it",
     [](Patient& p) { p.remove(p.cluster + "node/kvm2"); }},
    {"NODE_DIFFERS", "number 2 at 10.0.0.2:7777 in cluster.conf and number 2 at 10.0.0.7:7777 in the kernel",
     [](Patient& p) { p.node("kvm2", "2", "10.0.0.7", "0"); }},
    {"NODE_NOT_WRITTEN", "the kernel knows a node 'kvm9'",
     [](Patient& p) { p.node("kvm9", "9", "10.0.0.9", "0"); }},
    {"TIMES_DIFFER", "the heartbeat dead threshold is 61 in the kernel, but the settings say 31",
     [](Patient& p) { p.write(p.cluster + "heartbeat/dead_threshold", "61\n"); }},
    {"MODE_DIFFERS", "the heartbeat is global in cluster.conf, but not in the kernel",
     [](Patient& p) { p.write(p.cluster + "heartbeat/mode", "local\n"); }},
    {"REGION_SILENT", "does not beat on the region 632A",
     [](Patient& p) { p.remove(p.cluster + "heartbeat/" + region); }},
    {"REGION_NOT_WRITTEN", "which is not in cluster.conf",
     [](Patient& p) { p.write(p.cluster + "heartbeat/AC920746430847F6B3DE20BF36954F4E/dev", "sdc\n"); }},
    {"REGION_NOT_FOUND", "no block device of this host holds the volume of the heartbeat region 632A",
     [](Patient& p) { p.volume.uuid = "AC920746430847F6B3DE20BF36954F4E"; }},
    {"PEER_DOWN", "node 'kvm2' at 10.0.0.2:7777: nobody listens there",
     [](Patient& p) { p.answer = {State::refused}; }},
    {"PEER_UNREACHABLE", "it is off, or a firewall is between",
     [](Patient& p) { p.answer = {State::unreachable}; }},
    {"PEER_IS_NO_O2NET", "is no o2net", [](Patient& p) { p.answer = {State::other}; }},
    {"PEER_DIFFERS", "will not talk to this host: the idle timeout in ms is 30000 here and 10000 there",
     [](Patient& p) {
       p.answer = {State::greeted, O2netHandshake{.idle_ms = 10000}};
     }},
    {"VOLUME_STACK", "is for the cluster stack pcmk, this host uses o2cb",
     [](Patient& p) { p.volume.cluster.stack = "pcmk"; }},
    {"VOLUME_CLUSTER", "the volume on /dev/sdb1 (label data) belongs to cluster 'lab', not to 'san'",
     [](Patient& p) { p.volume.cluster.cluster = "lab"; }},
    {"VOLUME_CLUSTER", "the volume on /dev/sdb1 (label data) belongs to cluster 'lab', not to 'san'",
     [](Patient& p) {
       use_pcmk(p);
       p.volume.cluster.cluster = "lab";
     }},
    {"NO_DLM_CONTROLD", "needs corosync and dlm_controld, and dlm_controld does not run on this host",
     [](Patient& p) {
       use_pcmk(p);
       p.remove("sys/kernel/config/dlm");
     }},
    {"DLM_FENCING", "fencing is off in /etc/dlm/dlm.conf",
     [](Patient& p) {
       use_pcmk(p);
       p.write("etc/dlm/dlm.conf", "protocol=tcp\nenable_fencing=0\n");
     }},
    {"STACK_DIFFERS", "the kernel uses the cluster stack o2cb, the settings say pcmk",
     [](Patient& p) {
       use_pcmk(p);
       p.write("sys/fs/ocfs2/cluster_stack", "o2cb\n");
       p.write("etc/default/o2cb", "O2CB_STACK=pcmk\n");
     }},
    {"VOLUME_HEARTBEAT", "is for local heartbeat, the cluster has global",
     [](Patient& p) { p.volume.cluster.global_heartbeat = false; }},
    {"VOLUME_SLOTS", "has 1 node slots, the cluster 2 nodes", [](Patient& p) { p.volume.slots = 1; }},
    {"ISCSI_TIMEOUT", "iSCSI session1 holds requests back for 120 s",
     [](Patient& p) { p.iscsi("LOGGED_IN", "120", "10.0.0.9"); }},
    {"ISCSI_LOST", "iSCSI session1 has lost its target iqn.2026-01.lab:disk01",
     [](Patient& p) { p.iscsi("FAILED", "30", "10.0.0.9"); }},
    {"ISCSI_TARGET_IS_NODE", "iSCSI session1 has its disks from node 'kvm2'",
     [](Patient& p) { p.iscsi("LOGGED_IN", "30", "10.0.0.2"); }},
    {"ISCSI_ALONE", "no iscsid runs",
     [](Patient& p) {
       p.iscsi("LOGGED_IN", "30", "10.0.0.9");
       p.remove("proc/77");
     }},
    {"MULTIPATH_QUEUES", "holds requests back for ever",
     [](Patient& p) { p.write("etc/multipath.conf", "defaults {\n\tno_path_retry \"queue\"\n}\n"); }},
    {"MULTIPATH_QUEUES", "holds requests back for 60 s",
     [](Patient& p) { p.write("etc/multipath/conf.d/san.conf", "defaults {\n\tno_path_retry 12\n}\n"); }},
    {"DRBD_APART", "/dev/drbd0 is not connected to its peer",
     [](Patient& p) { p.write("proc/drbd", " 0: cs:StandAlone ro:Primary/Unknown ds:UpToDate/DUnknown\n"); }},
    {"DRBD_NOT_DUAL", "/dev/drbd0 is not primary on both sides",
     [](Patient& p) {
       p.write("proc/drbd", " 0: cs:Connected ro:Primary/Secondary ds:UpToDate/UpToDate\n");
     }},
    {"DRBD_SLOW", "DRBD notices a dead peer after up to 21 s",
     [](Patient& p) {
       p.write("proc/drbd", " 0: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate\n");
       p.write(p.cluster + "heartbeat/dead_threshold", "7\n");
       p.write("etc/default/o2cb", "O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=san\nO2CB_HEARTBEAT_THRESHOLD=7\n");
     }},
    {"DRBD_NO_FENCING", "one side's writes will be lost",
     [](Patient& p) {
       p.write("proc/drbd", " 0: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate\n");
       p.write("etc/drbd.conf", "resource r0 { disk { fencing dont-care; } }\n");
     }},
    {"PANIC_HANGS", "nobody reboots it", [](Patient& p) { p.write("proc/sys/kernel/panic", "0\n"); }},
    {"OOPS_GOES_ON", "goes on after an oops",
     [](Patient& p) { p.write("proc/sys/kernel/panic_on_oops", "0\n"); }},
    {"CLOCK_ALONE", "nothing keeps this host's clock right", [](Patient& p) { p.clock_kept = false; }},
    {"FIREWALL_HERE", "lets no other node in",
     [](Patient& p) { p.write("run/firewalld/firewalld.pid", "1\n"); }},
};

}  // namespace

TEST_CASE("a device for nothing but heartbeat belongs to no cluster and is as it must be", "[doctor]") {
  Patient patient;
  patient.volume = {"/dev/sdb1", region, "", {false, "o2cb", "", false}, 0, true};

  for (const HostFinding& finding : patient.examine()) UNSCOPED_INFO(finding.code << ": " << finding.words);
  REQUIRE(patient.examine().empty());
}

TEST_CASE("on a host where all is well the doctor finds nothing", "[doctor]") {
  Patient patient;
  for (const HostFinding& finding : patient.examine()) UNSCOPED_INFO(finding.code << ": " << finding.words);
  REQUIRE(patient.examine().empty());

  patient.volume = {"/dev/sdb1", region, "", {false, "o2cb", "", false}, 0, true};  // made by mkfs.ocfs2 -H
  REQUIRE(patient.examine().empty());

  patient.answer = {State::greeted, O2netHandshake{}};
  patient.write("proc/drbd", " 0: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate\n");
  patient.write("etc/drbd.conf", fencing);
  patient.iscsi("LOGGED_IN", "30", "10.0.0.9");
  patient.write("etc/multipath.conf", "defaults {\n\tpolling_interval 5\n\tno_path_retry 6\n}\n");
  patient.write("run/firewalld/firewalld.pid", "1\n");
  patient.write("etc/firewalld/zones/public.xml", "<port protocol=\"tcp\" port=\"7777\"/>\n");
  REQUIRE(patient.examine().empty());

  Patient other;
  use_pcmk(other);
  for (const HostFinding& finding : other.examine()) UNSCOPED_INFO(finding.code << ": " << finding.words);
  REQUIRE(other.examine().empty());
}

TEST_CASE("each thing that is wrong is found by its code, with what mends it", "[doctor]") {
  const Case wrong = GENERATE(from_range(std::begin(cases), std::end(cases)));
  Patient patient;
  wrong.damage(patient);

  const std::vector<HostFinding> findings = patient.examine();

  INFO(wrong.code);
  for (const HostFinding& finding : findings) UNSCOPED_INFO(finding.code << ": " << finding.words);
  const auto found = std::ranges::find_if(findings, [&](const HostFinding& finding) {
    return finding.code == wrong.code && finding.words.find(wrong.words) != std::string::npos;
  });
  REQUIRE(found != findings.end());
  REQUIRE((!found->remedy.empty() || found->code == "CONFIGURATION"));
}

TEST_CASE("DRBD that is set to notice a dead peer soon goes with a short dead time", "[doctor]") {
  Patient patient;
  patient.write("proc/drbd", " 0: cs:Connected ro:Primary/Primary ds:UpToDate/UpToDate\n");
  patient.write(patient.cluster + "heartbeat/dead_threshold", "7\n");
  patient.write("etc/default/o2cb", "O2CB_ENABLED=true\nO2CB_BOOTCLUSTER=san\nO2CB_HEARTBEAT_THRESHOLD=7\n");
  patient.write("etc/drbd.conf", fencing);
  patient.write("etc/drbd.d/r0.res", "resource r0 {\n net { ping-int 3; ping-timeout 10; }\n}\n");

  REQUIRE(patient.examine().empty());
}

}  // namespace ocfs2
