/* SPDX-License-Identifier: GPL-3.0-or-later */
/* THE table of templates in the program. Their base image is a variable; the default is a public one, and all but Julia's build from its packages alone. */
#include "berth/mem.h"
#include "berth/template.h"

#define CI \
	"# Builds the image of each commit; sessions start from it. The job's name and the tag are what berth and RenkuLab look for.\n" \
	"variables:\n  GIT_STRATEGY: fetch\n  GIT_LFS_SKIP_SMUDGE: \"1\"\n  DOCKER_BUILDKIT: \"1\"\n\nstages: [build]\n\n" \
	"image_build:\n  stage: build\n  image: docker:stable\n  before_script:\n" \
	"    - printf '%s' \"$CI_JOB_TOKEN\" | docker login -u gitlab-ci-token --password-stdin \"$CI_REGISTRY\"\n  script: |\n" \
	"    CI_COMMIT_SHA_7=$(echo \"$CI_COMMIT_SHA\" | cut -c1-7)\n" \
	"    docker build --tag \"$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA_7\" .\n" \
	"    docker push \"$CI_REGISTRY_IMAGE:$CI_COMMIT_SHA_7\"\n"
#define LFS \
	"# Big files go to Git LFS: add a line for each kind (`git lfs track '*.h5'` does it, too).\n" \
	"*.h5 filter=lfs diff=lfs merge=lfs -text\n*.parquet filter=lfs diff=lfs merge=lfs -text\n*.zip filter=lfs diff=lfs merge=lfs -text\n*.rds filter=lfs diff=lfs merge=lfs -text\n"
#define DOCKERIGNORE "# What the image does not need.\n.git\ndata\n.renku\n"
#define README "# {{ name }}\n\n{{ description }}\n\nThe environment is in `Dockerfile`; sessions (`berth start`, or RenkuLab) start from the image of a commit.\n"
#define HEAD "# The environment of {{ name }}. Another base image: docker build --build-arg BASE_IMAGE=…, or change the line.\nARG BASE_IMAGE={{ base_image }}\nFROM ${BASE_IMAGE}\n\n"
#define APT \
	"\n# apt.txt: Debian packages, one a line; what stands behind a # is a comment.\nCOPY apt.txt /tmp/apt.txt\n" \
	"RUN apt-get update \\\n && sed 's/#.*//' /tmp/apt.txt | xargs -r env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends -- \\\n" \
	" && rm -rf /var/lib/apt/lists/* /tmp/apt.txt\n"
#define LAB(packages) \
	"# JupyterLab's files are unpacked from its package: the tools for building extensions that the package depends on are not needed.\n" \
	"RUN apt-get update \\\n && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\\n" \
	"      ca-certificates curl git git-lfs jupyter-core less python3-async-lru python3-ipykernel \\\n" \
	"      python3-jupyterlab-server python3-notebook-shim python3-terminado tini " packages "\\\n" \
	" && cd /tmp \\\n && apt-get download jupyterlab \\\n" \
	" && dpkg-deb --fsys-tarfile jupyterlab_*.deb | tar -x -C / ./etc ./usr/bin ./usr/lib ./usr/share/jupyter \\\n" \
	" && rm -rf jupyterlab_*.deb /var/lib/apt/lists/* \\\n && git lfs install --system \\\n && useradd --create-home --uid 1000 --shell /bin/bash jovyan\n" APT
#define LAB_END \
	"\nEXPOSE 8888\nENTRYPOINT [\"tini\", \"-g\", \"--\"]\nCMD [\"jupyter\", \"lab\", \"--ip=0.0.0.0\", \"--port=8888\", \"--no-browser\"]\n"
#define USER "\nENV LANG=C.UTF-8 SHELL=/bin/bash\nUSER jovyan\nWORKDIR /home/jovyan\n"
#define INI(url) "[interactive]\ndefault_url = " url "\nmem_request = 2G\ncpu_request = 1\nlfs_auto_fetch = false\n"

static const struct { const char *name, *title, *base; } heads[] = {
	{ "python", "Python with JupyterLab, from Debian packages and requirements.txt", "debian:trixie-slim" },
	{ "r", "R with JupyterLab, from Debian packages and install.R", "debian:trixie-slim" },
	{ "julia", "Julia with JupyterLab, on Jupyter's own image (Debian has no Julia), and Project.toml", "quay.io/jupyter/julia-notebook:latest" },
	{ "minimal", "A shell, git and what apt.txt names", "debian:trixie-slim" },
};
static const struct { const char *of /* NULL: all */, *path, *text; } files[] = {
	{ NULL, "README.md", README },
	{ NULL, ".gitlab-ci.yml", CI },
	{ NULL, ".gitattributes", LFS },
	{ NULL, ".dockerignore", DOCKERIGNORE },
	{ "python", ".gitignore", "__pycache__/\n.ipynb_checkpoints/\n*.pyc\n" },
	{ "python", ".renku/renku.ini", INI("/lab") },
	{ "python", "apt.txt", "# Debian packages, one a line, such as python3-pandas\n" },
	{ "python", "requirements.txt", "# Packages from PyPI, one a line, with their versions, such as pandas==2.2.3\n" },
	{ "python", "Dockerfile", HEAD LAB("python3-pip python3-venv ") USER
	  "\n# requirements.txt, where it names anything.\nCOPY --chown=1000:1000 requirements.txt /opt/project/requirements.txt\n"
	  "RUN python3 -m venv --system-site-packages /home/jovyan/.venv \\\n"
	  " && if grep -q '^[^#]' /opt/project/requirements.txt; then /home/jovyan/.venv/bin/pip install --no-cache-dir -r /opt/project/requirements.txt; fi \\\n"
	  " && /home/jovyan/.venv/bin/python -m ipykernel install --sys-prefix\n"
	  "ENV PATH=/home/jovyan/.venv/bin:$PATH VIRTUAL_ENV=/home/jovyan/.venv JUPYTER_PATH=/home/jovyan/.venv/share/jupyter\n" LAB_END },
	{ "r", ".gitignore", ".Rhistory\n.RData\n.Rproj.user/\n.ipynb_checkpoints/\n" },
	{ "r", ".renku/renku.ini", INI("/lab") },
	{ "r", "apt.txt", "# Debian packages, one a line, such as r-cran-tidyverse\n" },
	{ "r", "install.R", "# Packages from CRAN, such as\n# install.packages(\"lme4\", repos = \"https://cloud.r-project.org\")\n" },
	{ "r", "Dockerfile", HEAD LAB("jupyter-client r-base-core r-base-dev r-cran-irkernel ")
	  "RUN Rscript -e 'IRkernel::installspec(user = FALSE, prefix = \"/usr/local\")'\n" USER
	  "\n# install.R: packages go to the user's own library.\nCOPY --chown=1000:1000 install.R /opt/project/install.R\n"
	  "ENV R_LIBS_USER=/home/jovyan/.R/library\nRUN mkdir -p \"$R_LIBS_USER\" && Rscript /opt/project/install.R\n" LAB_END },
	{ "julia", ".gitignore", ".ipynb_checkpoints/\n" },
	{ "julia", ".renku/renku.ini", INI("/lab") },
	{ "julia", "Project.toml", "# Packages, as Julia's own package manager writes them here.\n[deps]\n" },
	{ "julia", "Dockerfile", "# Debian has no Julia, so this is built on Jupyter's own image. Where quay.io can't be reached, name a copy of it, or another image\n# with Julia and JupyterLab, as the base: without one nothing here can be built.\n" HEAD "COPY --chown=1000:100 Project.toml /home/jovyan/project/Project.toml\n"
	  "RUN julia --project=/home/jovyan/project -e 'using Pkg; Pkg.instantiate()'\nENV JULIA_PROJECT=/home/jovyan/project\n" },
	{ "minimal", ".gitignore", "*~\n" },
	{ "minimal", ".renku/renku.ini", INI("shell") },
	{ "minimal", "apt.txt", "# Debian packages, one a line, such as build-essential\n" },
	{ "minimal", "Dockerfile", HEAD
	  "RUN apt-get update \\\n && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends ca-certificates git git-lfs less \\\n"
	  " && rm -rf /var/lib/apt/lists/* \\\n && git lfs install --system \\\n && useradd --create-home --uid 1000 --shell /bin/bash jovyan\n" APT USER "CMD [\"bash\"]\n" },
};

static void add_variable(struct template *t, const char *name, const char *help, const char *fallback)
{
	t->variables[t->n_variables++] = (struct template_variable){ xstrdup(name), xstrdup(help), xstrdup(fallback) };
}

void templates_builtin(struct templates *ret)
{
	ret->n = ARRAY_LEN(heads);
	for (size_t i = 0; i < ARRAY_LEN(heads); i++) {
		struct template *t = &ret->items[i];
		*t = (struct template){ .name = xstrdup(heads[i].name), .title = xstrdup(heads[i].title), .files = xcalloc(ARRAY_LEN(files), sizeof *t->files) };
		add_variable(t, "description", "What the project is about, for its README.md", "");
		add_variable(t, "base_image", "The image that the environment is built on", heads[i].base);
		for (size_t k = 0; k < ARRAY_LEN(files); k++) {
			if (files[k].of && strcmp(files[k].of, heads[i].name) != 0)
				continue;
			struct template_file *f = &t->files[t->n_files++];
			f->path = xstrdup(files[k].path);
			buf_add_str(&f->bytes, files[k].text);
		}
	}
}
