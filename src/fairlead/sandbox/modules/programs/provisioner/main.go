// Command provisioner makes a directory and a PersistentVolume for every claim of the sandbox's StorageClass.
//
// It is level-triggered: whatever it is told, it lists claims and volumes and does what is missing. There is one node,
// so that any directory of that node is where the pod will run.
package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

const name = "sandbox.fairlead.dev/directory"

type meta struct {
	Name        string            `json:"name,omitempty"`
	Namespace   string            `json:"namespace,omitempty"`
	UID         string            `json:"uid,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

type claim struct {
	Metadata meta `json:"metadata"`
	Spec     struct {
		AccessModes []string `json:"accessModes"`
		VolumeMode  string   `json:"volumeMode"`
		Class       *string  `json:"storageClassName"`
		Volume      string   `json:"volumeName"`
		Resources   struct {
			Requests map[string]string `json:"requests"`
		} `json:"resources"`
	} `json:"spec"`
}

type volume struct {
	Metadata meta `json:"metadata"`
	Spec     struct {
		Reclaim string `json:"persistentVolumeReclaimPolicy"`
	} `json:"spec"`
	Status struct {
		Phase string `json:"phase"`
	} `json:"status"`
}

type provisioner struct {
	server, directory, mounted, class string
	client                            *http.Client
}

func main() {
	var p provisioner
	var ca, cert, key string
	flag.StringVar(&p.server, "server", "", "address of the API server")
	flag.StringVar(&ca, "ca", "", "file of the API server's authority")
	flag.StringVar(&cert, "cert", "", "file of the client certificate")
	flag.StringVar(&key, "key", "", "file of the client key")
	flag.StringVar(&p.directory, "directory", "", "where volumes are made, as this process sees it")
	flag.StringVar(&p.mounted, "mounted", "", "the same directory as the node sees it")
	flag.StringVar(&p.class, "class", "standard", "name of the StorageClass")
	flag.Parse()
	p.client = &http.Client{Transport: &http.Transport{TLSClientConfig: identity(ca, cert, key)}}
	for {
		seen, err := p.reconcile()
		if err != nil {
			log.Print(err)
			time.Sleep(time.Second)
			continue
		}
		p.wait(seen, 30*time.Second)
	}
}

func identity(ca, cert, key string) *tls.Config {
	authority, err := os.ReadFile(ca)
	if err != nil {
		log.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(authority)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		log.Fatal(err)
	}
	return &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}
}

type list[T any] struct {
	Metadata struct{ ResourceVersion string }
	Items    []T
}

// reconcile returns the version of what it saw of each kind, so that waiting misses nothing that came after.
func (p *provisioner) reconcile() (map[string]string, error) {
	var claims list[claim]
	if err := p.call("GET", "/api/v1/persistentvolumeclaims", nil, &claims); err != nil {
		return nil, err
	}
	for _, c := range claims.Items {
		if c.Spec.Volume == "" && c.Spec.Class != nil && *c.Spec.Class == p.class {
			if err := p.provide(c); err != nil {
				return nil, err
			}
		}
	}
	var volumes list[volume]
	if err := p.call("GET", "/api/v1/persistentvolumes", nil, &volumes); err != nil {
		return nil, err
	}
	for _, v := range volumes.Items {
		ours := v.Metadata.Annotations["pv.kubernetes.io/provisioned-by"] == name
		if ours && v.Status.Phase == "Released" && v.Spec.Reclaim == "Delete" {
			if err := p.discard(v); err != nil {
				return nil, err
			}
		}
	}
	return map[string]string{
		"persistentvolumeclaims": claims.Metadata.ResourceVersion,
		"persistentvolumes":      volumes.Metadata.ResourceVersion,
	}, nil
}

func (p *provisioner) provide(c claim) error {
	id := "pvc-" + c.Metadata.UID
	if err := os.MkdirAll(filepath.Join(p.directory, id), 0o777); err != nil {
		return err
	}
	// Not left to the umask: a pod may run as any user.
	if err := os.Chmod(filepath.Join(p.directory, id), 0o777); err != nil {
		return err
	}
	log.Printf("volume %s for claim %s/%s", id, c.Metadata.Namespace, c.Metadata.Name)
	err := p.call("POST", "/api/v1/persistentvolumes", map[string]any{
		"apiVersion": "v1", "kind": "PersistentVolume",
		"metadata": meta{Name: id, Annotations: map[string]string{"pv.kubernetes.io/provisioned-by": name}},
		"spec": map[string]any{
			"accessModes": c.Spec.AccessModes, "volumeMode": c.Spec.VolumeMode,
			"capacity":                      map[string]string{"storage": c.Spec.Resources.Requests["storage"]},
			"persistentVolumeReclaimPolicy": "Delete", "storageClassName": p.class,
			"hostPath": map[string]string{"path": filepath.Join(p.mounted, id), "type": "Directory"},
			"claimRef": map[string]string{
				"apiVersion": "v1", "kind": "PersistentVolumeClaim",
				"name": c.Metadata.Name, "namespace": c.Metadata.Namespace, "uid": c.Metadata.UID,
			},
		},
	}, nil)
	if status, ok := err.(refused); ok && status.code == http.StatusConflict {
		return nil // made before, and not bound yet
	}
	return err
}

func (p *provisioner) discard(v volume) error {
	log.Printf("volume %s is released", v.Metadata.Name)
	if err := os.RemoveAll(filepath.Join(p.directory, filepath.Base(v.Metadata.Name))); err != nil {
		return err
	}
	return p.call("DELETE", "/api/v1/persistentvolumes/"+v.Metadata.Name, nil, nil)
}

// wait returns at the first change of a claim or volume, and at the latest after the given time.
func (p *provisioner) wait(seen map[string]string, limit time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	for kind, version := range seen {
		go func() {
			defer cancel()
			if err := p.firstChange(ctx, kind, version); err != nil && ctx.Err() == nil {
				log.Print(err)
				time.Sleep(time.Second)
			}
		}()
	}
	<-ctx.Done()
}

func (p *provisioner) firstChange(ctx context.Context, kind, version string) error {
	path := p.server + "/api/v1/" + kind + "?watch=1&resourceVersion=" + version
	request, err := http.NewRequestWithContext(ctx, "GET", path, nil)
	if err != nil {
		return err
	}
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = bufio.NewReader(response.Body).ReadString('\n')
	return err
}

type refused struct {
	code int
	text string
}

func (r refused) Error() string { return fmt.Sprintf("the API server answered %d: %s", r.code, r.text) }

func (p *provisioner) call(method, path string, body, into any) error {
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			return err
		}
	}
	request, err := http.NewRequest(method, p.server+path, &sent)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return refused{response.StatusCode, string(answer)}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
