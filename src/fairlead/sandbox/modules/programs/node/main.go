// Command node is process 1 wherever the sandbox needs one: of a pod ("node pause") and of a whole node ("node hold").
//
// "node hold VAR SOURCE:TARGET..." is started in fresh mount, network and process namespaces. It makes the machine's
// writable places private (/run, /var), binds what the node may see of the host, and then only reaps orphans.
// The kernel ends every process and mount of the node when this process ends; that is how a node is cleaned up.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	if len(os.Args) > 2 && os.Args[1] == "hold" {
		if err := hold(os.Args[2], os.Args[3:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	reap()
}

func hold(private string, binds []string) error {
	for _, bind := range binds {
		source, target, _ := strings.Cut(bind, ":")
		if strings.HasPrefix(target, "/proc/") {
			continue // after /proc is this namespace's own
		}
		if err := mountAt(source, filepath.Join(private, strings.TrimPrefix(target, "/var/"))); err != nil {
			return err
		}
	}
	mounts := []struct {
		source, target, kind string
		flags                uintptr
	}{
		{private, "/var", "", syscall.MS_BIND | syscall.MS_REC},
		{"tmpfs", "/run", "tmpfs", syscall.MS_NOSUID | syscall.MS_NODEV},
		{"proc", "/proc", "proc", syscall.MS_NOSUID | syscall.MS_NODEV | syscall.MS_NOEXEC},
		// Pods mount inside, the kubelet must see it: shared among the node's own processes, not with the host.
		{"", "/", "", syscall.MS_REC | syscall.MS_SHARED},
	}
	for _, m := range mounts {
		if err := syscall.Mount(m.source, m.target, m.kind, m.flags, ""); err != nil {
			return fmt.Errorf("mount %s: %w", m.target, err)
		}
	}
	for _, bind := range binds {
		source, target, _ := strings.Cut(bind, ":")
		if strings.HasPrefix(target, "/proc/") {
			if err := mountAt(source, target); err != nil {
				return err
			}
		}
	}
	if err := os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0o644); err != nil {
		return err
	}
	return os.WriteFile("/var/ready", nil, 0o644)
}

func mountAt(source, target string) error {
	if err := syscall.Mount(source, target, "", syscall.MS_BIND|syscall.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s to %s: %w", source, target, err)
	}
	return nil
}

func reap() {
	signals := make(chan os.Signal, 16)
	signal.Notify(signals, syscall.SIGCHLD, syscall.SIGTERM, syscall.SIGINT)
	for received := range signals {
		if received != syscall.SIGCHLD {
			return
		}
		for {
			pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil)
			if pid <= 0 || err != nil {
				break
			}
		}
	}
}
